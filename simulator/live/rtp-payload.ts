// Cuts NAL units into RTP payloads: whole where they fit (RFC 6184 / RFC 7798), else as fragmentation units.
import { h264Type, h265Type, type VideoCodec } from "../media/nal-units.ts";

export const largestPayloadBytes = 1200;

const startOfUnit = 0x80;
const endOfUnit = 0x40;

export function rtpPayloads(unit: Buffer, codec: VideoCodec): Buffer[] {
  if (unit.length <= largestPayloadBytes) return [unit];
  return codec === "h264" ? fragmentH264(unit) : fragmentH265(unit);
}

/** FU-A: indicator with the unit's importance and type 28, then the unit's own type. */
function fragmentH264(unit: Buffer): Buffer[] {
  const indicator = ((unit[0] ?? 0) & 0xe0) | 28;
  return fragments(unit.subarray(1), [indicator], h264Type(unit));
}

/** FU: the unit's two byte header with type 49, then the unit's own type. */
function fragmentH265(unit: Buffer): Buffer[] {
  const header = [((unit[0] ?? 0) & 0x81) | (49 << 1), unit[1] ?? 1];
  return fragments(unit.subarray(2), header, h265Type(unit));
}

function fragments(content: Buffer, header: readonly number[], type: number): Buffer[] {
  const room = largestPayloadBytes - header.length - 1;
  const payloads: Buffer[] = [];
  for (let at = 0; at < content.length; at += room) {
    const first = at === 0 ? startOfUnit : 0;
    const last = at + room >= content.length ? endOfUnit : 0;
    payloads.push(Buffer.concat([Buffer.from([...header, type | first | last]), content.subarray(at, at + room)]));
  }
  return payloads;
}

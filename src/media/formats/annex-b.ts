// H.264 from RTP payloads as a byte stream with start codes (Annex B), as decoders take it.
import { wholeNalUnits } from "./h264-payload.ts";

const startCode = Buffer.from([0, 0, 0, 1]);
const fragmentType = 28;

/** All NAL units of the payloads, fragments joined; the payloads must be in order and without gaps. */
export function toAnnexB(payloads: readonly Buffer[]): Buffer {
  return Buffer.concat(payloads.flatMap(piecesOf));
}

function piecesOf(payload: Buffer): Buffer[] {
  const indicator = payload[0] ?? 0;
  if ((indicator & 0x1f) !== fragmentType) return wholeNalUnits(payload).flatMap((unit) => [startCode, unit]);
  const header = payload[1] ?? 0;
  const data = payload.subarray(2);
  const isFirst = (header & 0x80) !== 0;
  return isFirst ? [startCode, Buffer.from([(indicator & 0xe0) | (header & 0x1f)]), data] : [data];
}

// Reads compound RTCP packets; whatever does not add up ends the reading, never throws.
import { type ReceptionReport, type RtcpPacket, rtcpTypes } from "./rtcp-packet.ts";

const mostPackets = 32;
const secondsFrom1900To1970 = 2_208_988_800;

/** The packets of a compound, up to the first that is damaged. */
export function parseRtcp(data: Buffer): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  let rest = data;
  while (rest.length >= 4 && packets.length < mostPackets) {
    const length = (rest.readUInt16BE(2) + 1) * 4;
    if (rest.readUInt8(0) >> 6 !== 2 || length > rest.length) break;
    const packet = parseOne(rest.subarray(0, length));
    if (!packet) break;
    packets.push(packet);
    rest = rest.subarray(length);
  }
  return packets;
}

function parseOne(data: Buffer): RtcpPacket | undefined {
  const count = data.readUInt8(0) & 0x1f;
  const payloadType = data.readUInt8(1);
  switch (payloadType) {
    case rtcpTypes.senderReport:
      return parseSenderReport(data, count);
    case rtcpTypes.receiverReport:
      if (data.length < 8 + count * 24) return undefined;
      return { type: "receiverReport", ssrc: data.readUInt32BE(4), reports: receptionReports(data, 8, count) };
    case rtcpTypes.sourceDescription:
      return parseSourceDescription(data, count);
    case rtcpTypes.bye:
      if (data.length < 4 + count * 4) return undefined;
      return { type: "bye", ssrcs: Array.from({ length: count }, (_, index) => data.readUInt32BE(4 + index * 4)) };
    case rtcpTypes.payloadFeedback:
      if (count !== 1 || data.length < 12) return { type: "other", payloadType };
      return { type: "pictureLoss", senderSsrc: data.readUInt32BE(4), mediaSsrc: data.readUInt32BE(8) };
    default:
      return { type: "other", payloadType };
  }
}

function parseSenderReport(data: Buffer, count: number): RtcpPacket | undefined {
  if (data.length < 28 + count * 24) return undefined;
  const seconds = data.readUInt32BE(8) - secondsFrom1900To1970;
  return {
    type: "senderReport",
    ssrc: data.readUInt32BE(4),
    unixMs: seconds * 1_000 + (data.readUInt32BE(12) * 1_000) / 2 ** 32,
    rtpTimestamp: data.readUInt32BE(16),
    packets: data.readUInt32BE(20),
    octets: data.readUInt32BE(24),
    reports: receptionReports(data, 28, count),
  };
}

function receptionReports(data: Buffer, start: number, count: number): ReceptionReport[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * 24;
    return {
      ssrc: data.readUInt32BE(at),
      fractionLost: data.readUInt8(at + 4),
      packetsLost: data.readIntBE(at + 5, 3),
      highestSequenceNumber: data.readUInt32BE(at + 8),
      jitter: data.readUInt32BE(at + 12),
    };
  });
}

function parseSourceDescription(data: Buffer, count: number): RtcpPacket | undefined {
  const sources: { ssrc: number; cname: string | undefined }[] = [];
  let at = 4;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > data.length) return undefined;
    const ssrc = data.readUInt32BE(at);
    const items = readItems(data, at + 4);
    if (!items) return undefined;
    sources.push({ ssrc, cname: items.cname });
    at = items.end;
  }
  return { type: "sourceDescription", sources };
}

/** Items of one chunk: type, length, text; a zero type ends them, then the chunk is filled up to 32 bits. */
function readItems(data: Buffer, start: number): { cname: string | undefined; end: number } | undefined {
  let cname: string | undefined;
  let at = start;
  while (at < data.length && data.readUInt8(at) !== 0) {
    if (at + 2 > data.length) return undefined;
    const end = at + 2 + data.readUInt8(at + 1);
    if (end > data.length) return undefined;
    if (data.readUInt8(at) === 1) cname ??= data.toString("utf8", at + 2, end);
    at = end;
  }
  return { cname, end: (at & ~3) + 4 };
}

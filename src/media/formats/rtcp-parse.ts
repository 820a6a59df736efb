// Reads compound RTCP packets; whatever does not add up ends the reading, never throws.
import { type RtcpPacket, rtcpTypes } from "./rtcp-packet.ts";

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
  switch (data.readUInt8(1)) {
    case rtcpTypes.senderReport:
      return parseSenderReport(data, count);
    case rtcpTypes.receiverReport:
      return data.length < 8 + count * 24 ? undefined : { type: "receiverReport" };
    case rtcpTypes.sourceDescription:
      return { type: "sourceDescription" };
    case rtcpTypes.bye:
      return data.length < 4 + count * 4 ? undefined : { type: "bye" };
    default:
      return { type: "other" };
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
  };
}

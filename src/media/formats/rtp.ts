// RTP packets on the wire (RFC 3550, section 5.1).
import type { RtpPacket } from "./rtp-packet.ts";

export const rtpHeaderBytes = 12;

/** A packet as it came from the network, with its sender. */
export interface SourcedRtpPacket extends RtpPacket {
  readonly ssrc: number;
}

/** The payload is a view of `data`; contributing sources, header extension and padding are left out. Undefined for what is not RTP. */
export function parseRtp(data: Buffer): SourcedRtpPacket | undefined {
  if (data.length < rtpHeaderBytes || data.readUInt8(0) >> 6 !== 2) return undefined;
  const flags = data.readUInt8(0);
  const second = data.readUInt8(1);
  const start = payloadStart(data, flags);
  if (start === undefined) return undefined;
  const end = data.length - (flags & 0x20 ? data.readUInt8(data.length - 1) : 0);
  if (end < start || (flags & 0x20 && end === data.length)) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(start, end),
  };
}

function payloadStart(data: Buffer, flags: number): number | undefined {
  const start = rtpHeaderBytes + (flags & 0x0f) * 4;
  if (!(flags & 0x10)) return start <= data.length ? start : undefined;
  if (start + 4 > data.length) return undefined;
  const afterExtension = start + 4 + data.readUInt16BE(start + 2) * 4;
  return afterExtension <= data.length ? afterExtension : undefined;
}

/** Writes the 12 bytes of a header without extensions. Numbers may be out of range: they wrap. */
export function writeRtpHeader(
  target: Buffer,
  offset: number,
  payloadType: number,
  marker: boolean,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
): void {
  target[offset] = 0x80;
  target[offset + 1] = marker ? payloadType | 0x80 : payloadType;
  target[offset + 2] = sequenceNumber >>> 8;
  target[offset + 3] = sequenceNumber;
  target[offset + 4] = timestamp >>> 24;
  target[offset + 5] = timestamp >>> 16;
  target[offset + 6] = timestamp >>> 8;
  target[offset + 7] = timestamp;
  target[offset + 8] = ssrc >>> 24;
  target[offset + 9] = ssrc >>> 16;
  target[offset + 10] = ssrc >>> 8;
  target[offset + 11] = ssrc;
}

export function serializeRtp(packet: SourcedRtpPacket): Buffer {
  const data = Buffer.allocUnsafe(rtpHeaderBytes + packet.payload.length);
  writeRtpHeader(data, 0, packet.payloadType, packet.marker, packet.sequenceNumber, packet.timestamp, packet.ssrc);
  packet.payload.copy(data, rtpHeaderBytes);
  return data;
}

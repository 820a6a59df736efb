// AAC in RTP (RFC 3640, mode AAC-hbr): one access unit behind its header section.

/** The largest frame that 13 bits of size can tell. */
export const largestAacFrameBytes = 8_191;

/** RTP payload of one raw AAC frame: 16 bits of headers length, then 13 bits size and 3 bits index, then the frame. */
export function aacPayload(frame: Buffer): Buffer {
  const payload = Buffer.allocUnsafe(4 + frame.length);
  payload.writeUInt16BE(16, 0);
  payload.writeUInt16BE((frame.length & 0x1fff) << 3, 2);
  frame.copy(payload, 4);
  return payload;
}

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

/** The frames of a payload (fragments excluded); none where it is damaged. */
export function aacFrames(payload: Buffer): Buffer[] {
  if (payload.length < 2) return [];
  const count = Math.floor(payload.readUInt16BE(0) / 16);
  let at = 2 + count * 2;
  if (at > payload.length) return [];
  const frames: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    const end = at + (payload.readUInt16BE(2 + index * 2) >> 3);
    if (end > payload.length) return [];
    frames.push(payload.subarray(at, end));
    at = end;
  }
  return frames;
}

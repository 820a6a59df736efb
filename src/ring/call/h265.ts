// Tells H.265 from H.264 by the first two bytes of an RTP payload (RFC 7798, 1.1.4 and 4.4).

/** VPS, SPS, PPS, aggregation packets, fragmentation units of the base layer. In H.264 these would be unit types that no camera sends. */
const firstBytes = new Set([0x40, 0x42, 0x44, 0x60, 0x62]);

export function isH265(payload: Buffer): boolean {
  const [first = 0, second = 0] = payload;
  return firstBytes.has(first) && second >= 1 && second <= 7;
}

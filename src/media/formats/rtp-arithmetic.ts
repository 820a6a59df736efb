// Arithmetic on numbers that wrap: RTP sequence numbers (16 bits) and timestamps (32 bits).

/** How far `to` lies ahead of `from`: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far `to` lies ahead of `from`, in ticks: -2^31 to 2^31 - 1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

export function wrapSequence(value: number): number {
  return value & 0xffff;
}

export function wrapTimestamp(value: number): number {
  return value >>> 0;
}

/** The unbounded number closest to `near` that wraps to `timestamp`. */
export function extendTimestamp(near: number, timestamp: number): number {
  return near + timestampDistance(near, timestamp);
}

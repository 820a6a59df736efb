// When the next picture by interval is due. Pure; all times are of the monotonic clock.

export interface IntervalMoment {
  /** The last picture, or the last attempt to get one. */
  readonly lastMs: number;
  readonly intervalSeconds: number;
  /** Attempts in a row that brought nothing. */
  readonly failures: number;
  /** 0 to 1: cameras that start together, or fail together, do not ask together. */
  readonly spread: number;
  /** A battery camera records until then. */
  readonly busyUntilMs: number;
}

/** A camera that gives no pictures is asked less and less often. */
const mostFactor = 4;

export function nextPictureMs({ lastMs, intervalSeconds, failures, spread, busyUntilMs }: IntervalMoment): number {
  const factor = Math.min(2 ** Math.max(failures - 1, 0), mostFactor);
  const pauseMs = intervalSeconds * 1000 * factor;
  return Math.max(lastMs + pauseMs * (1 - spread / 2), busyUntilMs);
}

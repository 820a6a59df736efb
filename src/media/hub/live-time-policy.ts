// How long a stream has been live within a sliding window, and when there is room again: pure, the budget keeps the spans.

/** From when to when a stream was live, monotonic ms. */
export interface LiveSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** A start that could not last even so long, or half the limit, is not worth waking the camera. */
const leastStartMs = 60_000;

export function liveMsWithin(spans: readonly LiveSpan[], nowMs: number, windowMs: number): number {
  const fromMs = nowMs - windowMs;
  return spans.reduce((sum, { startMs, endMs }) => sum + Math.max(endMs - Math.max(startMs, fromMs), 0), 0);
}

export interface LiveTimeFacts {
  /** In the order of time; none of them runs on. */
  readonly spans: readonly LiveSpan[];
  readonly nowMs: number;
  readonly windowMs: number;
  /** 0 or less: unlimited. */
  readonly limitMs: number;
}

/** How long to wait until a start makes sense; 0 = now. */
export function waitForLiveTimeMs({ spans, nowMs, windowMs, limitMs }: LiveTimeFacts): number {
  if (limitMs <= 0) return 0;
  const mostUsedMs = limitMs - Math.min(leastStartMs, limitMs / 2);
  let excessMs = liveMsWithin(spans, nowMs, windowMs) - mostUsedMs;
  if (excessMs <= 0) return 0;
  // The window moves on over the oldest spans until enough of them lies behind it.
  for (const { startMs, endMs } of spans) {
    const fromMs = Math.max(startMs, nowMs - windowMs);
    const countedMs = Math.max(endMs - fromMs, 0);
    if (countedMs >= excessMs) return fromMs + excessMs + windowMs - nowMs;
    excessMs -= countedMs;
  }
  return windowMs;
}

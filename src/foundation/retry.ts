// Back-off: how long to wait before the next attempt, and the loop that uses it.
import { type Clock, delay } from "./clock.ts";
import { PermanentError, TransientError } from "./errors.ts";

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Fraction of the wait that is drawn at random, 0 to 1. */
  readonly jitter: number;
}

/** The wait before attempt `attempt` (1 = the first retry): doubled each time, bounded, with jitter. `random` in [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(backoff.firstMs * 2 ** Math.min(attempt - 1, 30), backoff.longestMs);
  return full * (1 - backoff.jitter * random());
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  /** Gives up once so much time has passed since the start, or since what `sinceMs` says (of `clock.monotonic`); undefined = never. */
  readonly withinMs?: number;
  readonly sinceMs?: () => number;
  readonly onFailure?: (error: unknown, attempt: number, waitMs: number) => void;
}

/** Repeats `work` until it succeeds, the signal aborts, a PermanentError comes, or the time is over (then the last error). */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const startedAt = options.clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof PermanentError) throw error;
      const asked = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(asked, backoffMs(options.backoff, attempt));
      const since = options.sinceMs?.() ?? startedAt;
      const left = (options.withinMs ?? Number.POSITIVE_INFINITY) - (options.clock.monotonic() - since);
      if (waitMs >= left) throw error;
      options.onFailure?.(error, attempt, waitMs);
      await delay(options.clock, waitMs, options.signal);
    }
  }
}

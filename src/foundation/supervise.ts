// Background loops that may not end: restarted with back-off when they break, quiet when we stop them.
import { type Clock, delay } from "./clock.ts";
import type { Logger } from "./logger.ts";
import { type Backoff, backoffMs } from "./retry.ts";

export interface SuperviseOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backoff?: Backoff;
  /** A run that lasted so long counts as healthy: the back-off starts anew. */
  readonly healthyAfterMs?: number;
}

const usualBackoff: Backoff = { firstMs: 1_000, longestMs: 60_000, jitter: 0.3 };

/** Runs `loop` until the signal aborts; resolves when it is really over. Never rejects. */
export async function supervise(
  name: string,
  loop: (signal: AbortSignal) => Promise<void>,
  options: SuperviseOptions,
): Promise<void> {
  const { signal, clock, logger } = options;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = clock.monotonic();
    try {
      await loop(signal);
      if (signal.aborted) return;
      logger.warn(`${name} ended by itself; starting it again`);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn(`${name} broke; starting it again`, error);
    }
    failures = clock.monotonic() - startedAt > (options.healthyAfterMs ?? 60_000) ? 1 : failures + 1;
    await delay(clock, backoffMs(options.backoff ?? usualBackoff, failures), signal).catch(() => undefined);
  }
}

// What one run of MediaMTX is told of each path: one thing after the other, and again where it did not answer.
import { onAbort } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { type Backoff, retry } from "../../../foundation/retry.ts";

export interface PathOrdersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The run is over: what it has not been told the next one will be. */
  readonly signal: AbortSignal;
}

const backoff: Backoff = { firstMs: 200, longestMs: 2_000, jitter: 0.2 };
const withinMs = 20_000;

export class PathOrders {
  readonly #options: PathOrdersOptions;
  /** The last thing of each path. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(options: PathOrdersOptions) {
    this.#options = options;
    onAbort(options.signal, () => this.#last.clear());
  }

  tell(path: string, say: (signal: AbortSignal) => Promise<void>): void {
    const before = this.#last.get(path) ?? Promise.resolve();
    const now = before.then(() => this.#insist(path, say));
    this.#last.set(path, now);
    void now.then(() => {
      if (this.#last.get(path) === now) this.#last.delete(path);
    });
  }

  /** Never rejects. */
  async #insist(path: string, say: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const onFailure = (error: unknown): void =>
      logger.debug(`MediaMTX was not told of ${path}; trying it again`, error);
    try {
      await retry(() => say(signal), { clock, backoff, signal, withinMs, onFailure });
    } catch (error) {
      if (!signal.aborted) logger.warn(`MediaMTX could not be told of ${path}`, error);
    }
  }
}

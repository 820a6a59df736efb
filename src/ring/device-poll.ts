// Asks Ring for the device list again and again: at its pace, sooner where somebody has a reason, slower while it fails.
import { type Clock, delay } from "../foundation/clock.ts";
import { TransientError } from "../foundation/errors.ts";
import { type Backoff, backoffMs } from "../foundation/retry.ts";

export interface DevicePollOptions {
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly onSuccess: () => void;
  readonly onFailure: (error: unknown) => void;
  readonly periodMs: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
}

/** Between two lists, however many reasons there are. */
const shortestPauseMs = 500;

export class DevicePoll {
  readonly #options: DevicePollOptions;
  #wanted = Promise.withResolvers<void>();

  constructor(options: DevicePollOptions) {
    this.#options = options;
  }

  /** A new list soon; not while Ring is failing. */
  request(): void {
    this.#wanted.resolve();
  }

  /** Ends with the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { refresh, onSuccess, onFailure, periodMs, backoff, clock } = this.#options;
    for (let failures = 0; ; ) {
      this.#wanted = Promise.withResolvers();
      try {
        await refresh(signal);
        failures = 0;
        onSuccess();
        await delay(clock, Math.min(shortestPauseMs, periodMs), signal);
        await this.#pause(periodMs - shortestPauseMs, signal);
      } catch (error) {
        signal.throwIfAborted();
        onFailure(error);
        failures++;
        const asked = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
        await delay(clock, Math.max(asked, backoffMs(backoff, failures)), signal);
      }
    }
  }

  async #pause(pauseMs: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const over = delay(this.#options.clock, pauseMs, AbortSignal.any([signal, timer.signal]));
    // The timer is cancelled below where the wish came first; an abort from outside is looked at by the next step.
    await Promise.race([over.catch(() => undefined), this.#wanted.promise]);
    timer.abort();
    signal.throwIfAborted();
  }
}

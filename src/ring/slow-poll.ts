// What the device list does not tell, asked for one camera after the other, at leisure: Ring is never asked for much at once.
import { abortable } from "../foundation/abort.ts";
import { type Clock, delay } from "../foundation/clock.ts";

export interface Chore {
  /** Monotonic ms; Infinity where there is nothing to do. */
  readonly dueAt: number;
  /** Moves `dueAt` on, also where it fails; rejects only when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface SlowPollOptions {
  readonly chores: () => readonly Chore[];
  readonly clock: Clock;
  /** Between two requests: this at least, twice as much at most. */
  readonly pauseMs?: number;
  /** In [0, 1). */
  readonly random?: () => number;
}

const usualPauseMs = 600;

export class SlowPoll {
  readonly #options: SlowPollOptions;
  #woken = Promise.withResolvers<void>();

  constructor(options: SlowPollOptions) {
    this.#options = options;
  }

  /** There may be something new to do. */
  wake(): void {
    this.#woken.resolve();
  }

  /** Ends with the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, chores, pauseMs = usualPauseMs, random = Math.random } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      this.#woken = Promise.withResolvers();
      const next = soonest(chores());
      const waitMs = (next?.dueAt ?? Number.POSITIVE_INFINITY) - clock.monotonic();
      if (next && waitMs <= 0) {
        await next.run(signal);
        await delay(clock, pauseMs * (1 + random()), signal);
      } else await this.#sleep(waitMs, signal);
    }
  }

  async #sleep(waitMs: number, signal: AbortSignal): Promise<void> {
    using _timer = Number.isFinite(waitMs) ? this.#options.clock.after(waitMs, () => this.wake()) : undefined;
    await abortable(this.#woken.promise, signal);
  }
}

function soonest(chores: readonly Chore[]): Chore | undefined {
  let best: Chore | undefined;
  for (const chore of chores) if (!best || chore.dueAt < best.dueAt) best = chore;
  return best;
}

// The commands of one entity: one at a time, and of those that wait only the newest; a flood ends in the state that was asked for last.
import { type Clock, delay } from "../foundation/clock.ts";

export interface CommandLaneOptions {
  /** The newest comes first; it counts, or, where it is not understood, the one before it. */
  readonly carryOut: (payloads: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Commands that come closer together than this are waited for, so that only the last of them is carried out. */
const quietMs = 150;
const longestWaitMs = 2_000;
const mostWaiting = 1_000;

export class CommandLane {
  readonly #options: CommandLaneOptions;
  #waiting: string[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;
  #isBusy = false;

  constructor(options: CommandLaneOptions) {
    this.#options = options;
  }

  receive(payload: string): void {
    const now = this.#options.clock.monotonic();
    const isAlone = now - this.#lastAt >= quietMs;
    this.#lastAt = now;
    this.#waiting.push(payload);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    if (!this.#isBusy) void this.#work(isAlone);
  }

  async #work(isAlone: boolean): Promise<void> {
    const { carryOut, signal } = this.#options;
    this.#isBusy = true;
    for (let isFirst = isAlone; this.#waiting.length > 0 && !signal.aborted; isFirst = false) {
      if (!isFirst) await this.#quiet();
      const waiting = this.#waiting;
      this.#waiting = [];
      if (!signal.aborted) await carryOut(waiting.reverse());
    }
    this.#isBusy = false;
  }

  async #quiet(): Promise<void> {
    const { clock, signal } = this.#options;
    const latest = clock.monotonic() + longestWaitMs;
    for (;;) {
      const waitMs = Math.min(this.#lastAt + quietMs, latest) - clock.monotonic();
      if (waitMs <= 0 || signal.aborted) return;
      // An abort ends the wait; the loop above sees it.
      await delay(clock, waitMs, signal).catch(() => undefined);
    }
  }
}

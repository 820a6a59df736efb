// Whether the event loop gets its turns: a tick each second, and how late the latest of them was.
import { type Clock, every } from "../foundation/clock.ts";

const periodMs = 1_000;

export class EventLoopWatch implements Disposable {
  readonly #clock: Clock;
  readonly #ticks: Disposable;
  #tickedAt: number;
  #worstMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAt = clock.monotonic();
    this.#ticks = every(clock, periodMs, () => this.#tick());
  }

  /** The longest hold-up since the last call, the one that may just be over included. */
  takeWorstMs(): number {
    this.#tick();
    const worstMs = this.#worstMs;
    this.#worstMs = 0;
    return Math.round(worstMs);
  }

  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#worstMs = Math.max(this.#worstMs, now - this.#tickedAt - periodMs);
    this.#tickedAt = now;
  }
}

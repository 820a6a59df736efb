// Whether the event loop gets its turns: a tick each second, and when the latest of them came far too late.
import { type Clock, every } from "../foundation/clock.ts";

const periodMs = 1_000;
/** A tick that comes so late is no longer a matter of a busy moment. */
const longestHoldUpMs = 5_000;
/** The container's check, which comes every 30 s, sees each hold-up. */
const rememberedMs = 45_000;

export class EventLoopWatch implements Disposable {
  readonly #clock: Clock;
  readonly #ticks: Disposable;
  #tickedAt: number;
  #heldUpAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAt = clock.monotonic();
    this.#ticks = every(clock, periodMs, () => this.#tick());
  }

  /** Whether it was held up a moment ago, the hold-up that may just be over included. Whoever asks changes nothing. */
  get wasHeldUp(): boolean {
    this.#tick();
    return this.#clock.monotonic() - this.#heldUpAt < rememberedMs;
  }

  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    if (now - this.#tickedAt - periodMs > longestHoldUpMs) this.#heldUpAt = now;
    this.#tickedAt = now;
  }
}

// Motion or doorbell presses as a state: on at the event, off when the hold time after the last one is over.
import type { Clock } from "../foundation/clock.ts";
import type { CameraEvent } from "../ring/camera-state.ts";

export interface HeldEventState {
  readonly isOn: boolean;
  /** The newest event, also when the hold is over; undefined until the first one. */
  readonly last: CameraEvent | undefined;
}

export interface HeldEventOptions {
  readonly holdMs: number;
  /** What was known of an earlier run. */
  readonly last?: CameraEvent | undefined;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** What a long outage held back is told, but is not happening now. */
const longestDelayMs = 600_000;

export class HeldEvent implements Disposable {
  #state: HeldEventState;
  #timer: Disposable | undefined;
  #startedAtMs = 0;
  #holdMs: number;
  readonly #clock: Clock;
  readonly #onChange: () => void;

  constructor(options: HeldEventOptions) {
    this.#state = { isOn: false, last: options.last };
    this.#clock = options.clock;
    this.#holdMs = options.holdMs;
    this.#onChange = options.onChange;
  }

  get state(): HeldEventState {
    return this.#state;
  }

  /** An event; a second one within the hold extends it. */
  happened(event: CameraEvent): void {
    const { last } = this.#state;
    const newest = last && last.happenedAt > event.happenedAt ? last : event;
    const isNow = this.#clock.now() - event.happenedAt < longestDelayMs;
    this.#state = { isOn: this.#state.isOn || isNow, last: newest };
    if (isNow) {
      this.#startedAtMs = this.#clock.monotonic();
      this.#arm();
    }
    this.#onChange();
  }

  /** It is known by other ways that this happened; it is no news. False where something newer is known. */
  learned(event: CameraEvent): boolean {
    const { last } = this.#state;
    if (last && last.happenedAt >= event.happenedAt) return false;
    this.#state = { ...this.#state, last: event };
    this.#onChange();
    return true;
  }

  /** Also for an event that is being held. */
  setHold(holdMs: number): void {
    this.#holdMs = holdMs;
    if (this.#state.isOn) this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    const leftMs = this.#startedAtMs + this.#holdMs - this.#clock.monotonic();
    this.#timer = this.#clock.after(leftMs, () => {
      this.#state = { ...this.#state, isOn: false };
      this.#onChange();
    });
  }
}

// Motion and doorbell presses as states: on at the event, off when the hold time after the last one is over.
import type { Clock } from "../foundation/clock.ts";
import type { CameraEvent } from "../ring/camera-state.ts";

export interface HeldEventState {
  readonly isOn: boolean;
  /** The newest event, also when the hold is over. */
  readonly last: CameraEvent | undefined;
}

export class HeldEvent implements Disposable {
  #state: HeldEventState = { isOn: false, last: undefined };
  #timer: Disposable | undefined;
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #onChange: () => void;

  constructor(options: { holdMs: number; clock: Clock; onChange: () => void }) {
    this.#clock = options.clock;
    this.#holdMs = options.holdMs;
    this.#onChange = options.onChange;
  }

  get state(): HeldEventState {
    return this.#state;
  }

  /** An event; a second one within the hold extends it. */
  happened(event: CameraEvent): void {
    this.#timer?.[Symbol.dispose]();
    this.#state = { isOn: true, last: event };
    this.#timer = this.#clock.after(this.#holdMs, () => {
      this.#state = { ...this.#state, isOn: false };
      this.#onChange();
    });
    this.#onChange();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}

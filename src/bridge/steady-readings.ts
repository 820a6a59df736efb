// Readings that never stand still (signal strength, time of the last report), as they are shown: no message for each of them.
import type { Clock } from "../foundation/clock.ts";
import type { CameraState } from "../ring/camera-state.ts";

/** While nothing else is new they are said anew no more often than this. */
const periodMs = 30 * 60_000;
/** A signal that differs by less is the same one. */
const signalStepDb = 10;

export class SteadyReadings {
  readonly #clock: Clock;
  #shown: CameraState | undefined;
  #shownAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The state with those readings that were shown last. */
  of(state: CameraState): CameraState {
    const now = this.#clock.monotonic();
    const shown = this.#shown;
    if (!shown || now - this.#shownAt >= periodMs || mattersAnew(shown, state)) {
      this.#shown = state;
      this.#shownAt = now;
      return state;
    }
    return { ...state, signalStrength: shown.signalStrength, updatedAt: shown.updatedAt };
  }
}

/** What is said together with those readings, and what makes them worth a message. */
function mattersAnew(shown: CameraState, state: CameraState): boolean {
  return companionsOf(shown) !== companionsOf(state) || hasLeapt(shown.signalStrength, state.signalStrength);
}

function companionsOf({
  isOnline,
  firmware,
  firmwareStatus,
  batteryBays,
  activeBay,
  wifiNetwork,
}: CameraState): string {
  return JSON.stringify([isOnline, firmware, firmwareStatus, batteryBays, activeBay, wifiNetwork]);
}

function hasLeapt(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(after - before) >= signalStepDb;
}

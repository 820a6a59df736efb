// Where the status comes from; the app supplies it.
import type { Subscribable } from "../foundation/emitter.ts";
import type { HouseStatus } from "./house-status.ts";

export interface StatusSource {
  read(): HouseStatus;
  /** Something in `read()` is different now. */
  readonly changed: Subscribable<void>;
}

/** What the health check is told. */
export interface HealthSource {
  /** Every part that must run does. */
  readonly isWell: boolean;
}

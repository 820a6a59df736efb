// What we have just told Ring, kept over the next device lists: those lag some seconds behind and would flip the state back.
import type { Clock } from "../foundation/clock.ts";
import type { WireRecord } from "./wire/record.ts";

interface Override {
  readonly until: number;
  readonly agrees: (record: WireRecord) => boolean;
  readonly apply: (record: WireRecord) => WireRecord;
}

export class RecordOverrides {
  readonly #overrides = new Map<string, Override>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: string, holdMs: number, agrees: Override["agrees"], apply: Override["apply"]): void {
    this.#overrides.set(name, { until: this.#clock.monotonic() + holdMs, agrees, apply });
  }

  /** What we told Ring did not last. */
  drop(name: string): void {
    this.#overrides.delete(name);
  }

  /** The record as it will be once Ring has caught up; what Ring confirms, or contradicts after the hold, is Ring's again. */
  applyTo(record: WireRecord): WireRecord {
    let result = record;
    for (const [name, override] of this.#overrides) {
      const isOver = this.#clock.monotonic() >= override.until;
      if (isOver || override.agrees(record)) this.#overrides.delete(name);
      else result = override.apply(result);
    }
    return result;
  }
}

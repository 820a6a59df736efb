// What we have just told Ring, kept over the next device lists: those lag some seconds behind and would flip the state back.
import type { Clock } from "../foundation/clock.ts";
import type { WireRecord } from "./wire/record.ts";

export interface RecordOverride {
  readonly agrees: (record: WireRecord) => boolean;
  readonly apply: (record: WireRecord) => WireRecord;
  /** Ring's list still contradicts when it has had its time. */
  readonly onLost?: () => void;
}

interface Held extends RecordOverride {
  readonly until: number;
  readonly timer: Disposable;
}

export class RecordOverrides implements Disposable {
  readonly #held = new Map<string, Held>();
  readonly #clock: Clock;
  readonly #onHoldOver: () => void;

  /** `onHoldOver`: a list that comes now has the last word. */
  constructor(clock: Clock, onHoldOver: () => void) {
    this.#clock = clock;
    this.#onHoldOver = onHoldOver;
  }

  set(name: string, holdMs: number, override: RecordOverride): void {
    this.drop(name);
    const timer = this.#clock.after(holdMs, this.#onHoldOver);
    this.#held.set(name, { ...override, until: this.#clock.monotonic() + holdMs, timer });
  }

  /** What we told Ring did not last, or is confirmed. */
  drop(name: string): void {
    this.#held.get(name)?.timer[Symbol.dispose]();
    this.#held.delete(name);
  }

  /** The record as it will be once Ring has caught up. */
  applyTo(record: WireRecord): WireRecord {
    return [...this.#held.values()].reduce((result, { apply }) => apply(result), record);
  }

  /** A new list: what Ring confirms, or contradicts after the hold, is Ring's again. What is lost is to be told when that shows. */
  listed(record: WireRecord): RecordOverride[] {
    const lost: RecordOverride[] = [];
    for (const [name, override] of [...this.#held]) {
      const isConfirmed = override.agrees(record);
      if (!isConfirmed && this.#clock.monotonic() < override.until) continue;
      this.drop(name);
      if (!isConfirmed) lost.push(override);
    }
    return lost;
  }

  [Symbol.dispose](): void {
    for (const name of [...this.#held.keys()]) this.drop(name);
  }
}

// What a device list leaves out of a record that had it before: kept until it stays away, so that no entity comes and goes with an odd answer.
import type { Clock } from "../foundation/clock.ts";
import { Absence, type AbsenceRule } from "./absence.ts";
import { featurePaths } from "./camera-state-reader.ts";
import { valueAt, withValueAt } from "./wire/path.ts";
import type { WireRecord } from "./wire/record.ts";

interface Known {
  readonly absence: Absence;
  value: unknown;
}

export class RecordGaps {
  readonly #clock: Clock;
  readonly #rule: AbsenceRule;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock, rule: AbsenceRule) {
    this.#clock = clock;
    this.#rule = rule;
  }

  /** The record of a new list, with what it has left out. */
  fill(record: WireRecord): WireRecord {
    return featurePaths.reduce((filled, path) => this.#fillAt(filled, path), record);
  }

  #fillAt(record: WireRecord, path: string): WireRecord {
    const value = valueAt(record, path) ?? undefined;
    const known = this.#known.get(path);
    if (value !== undefined) {
      if (known) {
        known.value = value;
        known.absence.seen();
      } else this.#known.set(path, { value, absence: new Absence() });
      return record;
    }
    if (!known) return record;
    if (!known.absence.missed(this.#clock.monotonic(), this.#rule)) return withValueAt(record, path, known.value);
    this.#known.delete(path);
    return record;
  }
}

// Values deep inside a record, by dotted path.
import { asRecord, type WireRecord } from "./record.ts";

/** undefined where the path ends early. */
export function valueAt(record: WireRecord | undefined, path: string): unknown {
  let here: unknown = record;
  for (const key of path.split(".")) {
    const inside = asRecord(here);
    here = inside && Object.hasOwn(inside, key) ? inside[key] : undefined;
  }
  return here;
}

/** A copy with that one value; records on the way are made where they are missing. */
export function withValueAt(record: WireRecord, path: string, value: unknown): WireRecord {
  const [key = path, ...deeper] = path.split(".");
  const inner = deeper.length === 0 ? value : withValueAt(asRecord(record[key]) ?? {}, deeper.join("."), value);
  return { ...record, [key]: inner };
}

// The reply to `locations`: id and name of each.
import { asList, asRecord, idOf, textOf } from "./record.ts";

export interface RingLocation {
  readonly id: string;
  readonly name: string;
}

export function readLocations(reply: unknown): RingLocation[] {
  return asList(asRecord(reply)?.["user_locations"]).flatMap((entry) => {
    const record = asRecord(entry);
    const id = idOf(record, "location_id");
    return id ? [{ id, name: textOf(record, "name") ?? id }] : [];
  });
}

/** The account's locations, and those that only their devices know; limited to `wanted` where it is given. */
export function mergeLocations(
  listed: readonly RingLocation[],
  ofDevices: Iterable<string>,
  wanted: readonly string[] | undefined,
): RingLocation[] {
  const merged = new Map(listed.map((location) => [location.id, location]));
  for (const id of ofDevices) if (!merged.has(id)) merged.set(id, { id, name: id });
  return [...merged.values()].filter((location) => !wanted || wanted.includes(location.id));
}

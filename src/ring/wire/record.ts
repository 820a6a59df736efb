// Narrow readers for JSON of others: a field has the type that we ask for, or it is not there.

export type WireRecord = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown): WireRecord | undefined {
  // The one cast of this file: an object that is no array may be read by any key.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as WireRecord) : undefined;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text that is not blank. */
export function textOf(record: WireRecord | undefined, key: string): string | undefined {
  const value = record?.[key];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** A finite number, also where it is written as text. */
export function numberOf(record: WireRecord | undefined, key: string): number | undefined {
  const value = record?.[key];
  if (typeof value === "string" && value.trim() === "") return undefined;
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function flagOf(record: WireRecord | undefined, key: string): boolean | undefined {
  const value = record?.[key];
  return typeof value === "boolean" ? value : undefined;
}

export function recordOf(record: WireRecord | undefined, key: string): WireRecord | undefined {
  return asRecord(record?.[key]);
}

/** An id as text, whether it came as text or as a number. */
export function idOf(record: WireRecord | undefined, key: string): string | undefined {
  const value = record?.[key];
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : textOf(record, key);
}

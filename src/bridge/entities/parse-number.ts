// A number that came as a command: whole, and within its limits.
import { BadCommandError } from "../errors.ts";

/** Home Assistant sends `60`, scripts may send `60.0`. Throws BadCommandError for anything else. */
export function parseNumber(payload: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const text = payload.trim();
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new BadCommandError(payload, `a whole number from ${min} to ${max}`);
}

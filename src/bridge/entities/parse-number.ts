// A number that came as a command: whole, and within its limits.
import { BadCommandError } from "../errors.ts";

export interface Limits {
  readonly min: number;
  readonly max: number;
}

export const isWithin = (value: number, { min, max }: Limits): boolean => value >= min && value <= max;

/** Home Assistant sends `60`, scripts may send `60.0`. Throws BadCommandError for anything else. */
export function parseNumber(payload: string, limits: Limits): number {
  const text = payload.trim();
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && isWithin(value, limits)) return value;
  throw new BadCommandError(payload, `a whole number from ${limits.min} to ${limits.max}`);
}

// How long the simulated Ring held something back on purpose: what Belfry could not be faster than.
import type { Journal } from "../../../../simulator/journal.ts";

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The part of `within` in which at least one thing was held back. */
export function heldBackMs(journal: Journal, within: Span, after: number): number {
  const spans = journal
    .entries({ after, kind: "released" })
    .map(({ at, details }) => ({
      from: Math.max(Number(details["heldFrom"]), within.from),
      to: Math.min(at, within.to),
    }))
    .filter(({ from, to }) => to > from)
    .sort((left, right) => left.from - right.from);
  let [sum, end] = [0, within.from];
  for (const { from, to } of spans) {
    sum += Math.max(to - Math.max(from, end), 0);
    end = Math.max(end, to);
  }
  return sum;
}

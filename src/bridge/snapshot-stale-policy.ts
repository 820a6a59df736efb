// When the newest picture is not what it seems: too old, or cut off from its camera. Pure.
import type { SnapshotMode } from "./snapshot-mode-policy.ts";

export interface StaleFacts {
  /** Unix ms; undefined where there has been no picture since the start. */
  readonly takenAt: number | undefined;
  readonly now: number;
  readonly mode: SnapshotMode;
  /** Undefined where the mode takes no pictures by interval. */
  readonly intervalSeconds: number | undefined;
  /** Why the camera can give no picture now, whatever the mode. */
  readonly obstacle: string | undefined;
  /** An event after the picture that brought none of its own, in words. */
  readonly missed: string | undefined;
}

/** A picture may be missed for many reasons; three in a row are a fact. */
const mostIntervals = 3;
/** Without an interval nobody promises a new one; yesterday's is old all the same. */
const longestMs = 86_400_000;

/** When the present picture is too old for its mode, as Unix ms. */
export function staleAt(takenAt: number, intervalSeconds: number | undefined): number {
  return takenAt + (intervalSeconds === undefined ? longestMs : mostIntervals * intervalSeconds * 1000);
}

/** One clause for the owner; undefined while the picture is as fresh as its mode promises. */
export function staleReason(facts: StaleFacts): string | undefined {
  const { takenAt, now, mode, intervalSeconds, obstacle, missed } = facts;
  if (obstacle !== undefined) return obstacle;
  const isOff = mode === "Disabled";
  if (takenAt === undefined)
    return isOff ? "snapshots are switched off" : "there has been no picture since Belfry started";
  if (missed !== undefined) return missed;
  if (now < staleAt(takenAt, intervalSeconds)) return undefined;
  if (intervalSeconds !== undefined)
    return `there has been no new picture for more than ${mostIntervals} intervals of ${intervalSeconds} s`;
  return `the picture is older than a day${isOff ? ", and snapshots are switched off" : ""}`;
}

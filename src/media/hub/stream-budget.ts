// What every limit on starts and viewing time looks like to the governor.
import type { BudgetVerdict } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";

/** How an activation of a stream ended. */
export interface ActivationEnd {
  /** It ran as long as it may, by the other side's limit or by ours. */
  readonly isLimit: boolean;
  /** Who watched to the end, or had left only just before. */
  readonly viewers: readonly Viewer[];
}

/** A limit on starts or viewing time. All times are monotonic ms. */
export interface StreamBudget {
  /** Undefined: this viewer may start the stream now. */
  check(viewer: Viewer, nowMs: number): BudgetVerdict | undefined;
  /** A source was started for this viewer; retries inside count as one. */
  started(viewer: Viewer, nowMs: number): void;
  /** The source is over. */
  ended(nowMs: number, end: ActivationEnd): void;
  /** Undefined: what broke may be started again for these viewers. A budget that does not say counts starts only. */
  checkRestart?(viewers: readonly Viewer[], nowMs: number): BudgetVerdict | undefined;
  /** A source that broke was started again for these viewers. */
  restarted?(viewers: readonly Viewer[], nowMs: number): void;
  /** Earlier starts count no more. */
  forget?(): void;
  /** Why what runs must end now; undefined: it may go on. */
  exceeded?(nowMs: number): string | undefined;
}

/** The same viewer again: a player that reconnects has another port, but neither another address nor another name. */
export function viewerKey({ kind, address, userAgent }: Viewer): string {
  return JSON.stringify([kind, address, userAgent]);
}

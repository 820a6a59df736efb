// Decides whether a viewer may have a stream: pure, the governor collects the facts.
import type { RefusalCause } from "../errors.ts";

/** What a limit on viewing time or starts says about one viewer. */
export interface BudgetVerdict {
  readonly refusal: "budget" | "paused";
  readonly message: string;
  readonly retryAfterMs: number;
}

export interface AdmissionFacts {
  readonly isLocked: boolean;
  /** The source runs, or starts. */
  readonly isRunning: boolean;
  /** Switched on by hand: budgets do not count. */
  readonly isManual: boolean;
  /** What is known of the camera without calling it. */
  readonly camera: "online" | "offline" | "blocked";
  /** Until a new attempt makes sense after a failed start; 0 = now. */
  readonly failedForMs: number;
  readonly budget: BudgetVerdict | undefined;
}

export interface Refusal {
  readonly cause: RefusalCause;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** Undefined: let in. A lock refuses everybody; all else refuses only a start, never one more viewer of what runs. */
export function decideAdmission(facts: AdmissionFacts): Refusal | undefined {
  if (facts.isLocked) return refuse("locked", "The stream is locked; switch off its lock to watch");
  if (facts.isRunning) return undefined;
  if (facts.camera === "blocked") return refuse("blocked", "Live view of this camera is switched off in the Ring app");
  if (facts.camera === "offline") return refuse("offline", "The camera is offline", 30_000);
  if (facts.failedForMs > 0)
    return refuse("failed", "The last start of the stream has just failed; try again in a moment", facts.failedForMs);
  if (facts.budget && !facts.isManual)
    return refuse(facts.budget.refusal, facts.budget.message, facts.budget.retryAfterMs);
  return undefined;
}

function refuse(cause: RefusalCause, message: string, retryAfterMs?: number): Refusal {
  return { cause, message, retryAfterMs };
}

// Says who may have a stream: asks the lock, the camera and the budgets, and lets the policy decide.
import type { Clock } from "../../foundation/clock.ts";
import { StreamRefusedError } from "../errors.ts";
import { type AdmissionFacts, type BudgetVerdict, decideAdmission } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";

/** A limit on starts or viewing time. All times are monotonic ms. */
export interface StreamBudget {
  /** Undefined: this viewer may start the stream now. */
  check(viewer: Viewer, nowMs: number): BudgetVerdict | undefined;
  /** A source was started for this viewer; retries inside count as one. */
  started(viewer: Viewer, nowMs: number): void;
  /** The source is over. `isLimit`: because it ran as long as it may. */
  ended(nowMs: number, isLimit: boolean): void;
}

export interface StreamGovernorOptions {
  readonly clock: Clock;
  /** What is known of the camera without calling it; asked at every start. */
  readonly camera?: () => AdmissionFacts["camera"];
  readonly budgets?: readonly StreamBudget[];
}

export class StreamGovernor {
  readonly #clock: Clock;
  readonly #camera: () => AdmissionFacts["camera"];
  readonly #budgets: readonly StreamBudget[];
  #isLocked = false;
  #failedUntilMs = Number.NEGATIVE_INFINITY;
  #lastStarter: Viewer | undefined;

  constructor(options: StreamGovernorOptions) {
    this.#clock = options.clock;
    this.#camera = options.camera ?? (() => "online");
    this.#budgets = options.budgets ?? [];
  }

  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** A lock lets nobody in; who is in already stays. */
  setLocked(isLocked: boolean): void {
    this.#isLocked = isLocked;
  }

  /** Throws StreamRefusedError where this viewer may not have the stream. */
  admit(viewer: Viewer, isRunning: boolean): void {
    const nowMs = this.#clock.monotonic();
    const refusal = decideAdmission({
      isLocked: this.#isLocked,
      isRunning,
      isManual: viewer.kind === "manual",
      camera: this.#camera(),
      failedForMs: Math.max(this.#failedUntilMs - nowMs, 0),
      budget: isRunning ? undefined : this.#verdict(viewer, nowMs),
    });
    if (refusal) throw new StreamRefusedError(refusal.cause, refusal.message, { retryAfterMs: refusal.retryAfterMs });
  }

  started(viewer: Viewer): void {
    this.#lastStarter = viewer;
    for (const budget of this.#budgets) budget.started(viewer, this.#clock.monotonic());
  }

  /** `pauseMs`: nobody is let in for so long, because it failed. */
  ended(outcome: { readonly isLimit: boolean; readonly pauseMs: number }): void {
    const nowMs = this.#clock.monotonic();
    this.#failedUntilMs = nowMs + outcome.pauseMs;
    for (const budget of this.#budgets) budget.ended(nowMs, outcome.isLimit);
  }

  /** Who caused the present or last activation. */
  get lastStarter(): Viewer | undefined {
    return this.#lastStarter;
  }

  #verdict(viewer: Viewer, nowMs: number): BudgetVerdict | undefined {
    for (const budget of this.#budgets) {
      const verdict = budget.check(viewer, nowMs);
      if (verdict) return verdict;
    }
    return undefined;
  }
}

// Says who may have a stream: asks the lock, the camera and the budgets, and lets the policy decide.
import type { Clock } from "../../foundation/clock.ts";
import { StreamRefusedError } from "../errors.ts";
import { type AdmissionFacts, type BudgetVerdict, decideAdmission } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";
import type { ActivationEnd, StreamBudget } from "./stream-budget.ts";

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
  ended(end: ActivationEnd & { readonly pauseMs: number }): void {
    const nowMs = this.#clock.monotonic();
    this.#failedUntilMs = nowMs + end.pauseMs;
    for (const budget of this.#budgets) budget.ended(nowMs, end);
  }

  /** Why what runs must end now; undefined: it may go on. */
  exceeded(): string | undefined {
    const nowMs = this.#clock.monotonic();
    for (const budget of this.#budgets) {
      const reason = budget.exceeded?.(nowMs);
      if (reason !== undefined) return reason;
    }
    return undefined;
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

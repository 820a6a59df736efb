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

  /** Why this viewer may not have the stream; undefined: it may. */
  refusal(viewer: Viewer, isRunning: boolean): StreamRefusedError | undefined {
    const nowMs = this.#clock.monotonic();
    return this.#refusal({
      isRunning,
      isManual: viewer.kind === "manual",
      budget: isRunning ? undefined : this.#firstVerdict((budget) => budget.check(viewer, nowMs)),
    });
  }

  /** Why a source that broke may not be started again for those who watch: automatic starts have no privileges. */
  restartRefusal(viewers: readonly Viewer[]): StreamRefusedError | undefined {
    const nowMs = this.#clock.monotonic();
    return this.#refusal({
      isRunning: false,
      isManual: false,
      budget: this.#firstVerdict((budget) => budget.checkRestart?.(viewers, nowMs)),
    });
  }

  started(viewer: Viewer): void {
    for (const budget of this.#budgets) budget.started(viewer, this.#clock.monotonic());
  }

  restarted(viewers: readonly Viewer[]): void {
    for (const budget of this.#budgets) budget.restarted?.(viewers, this.#clock.monotonic());
  }

  /** Earlier starts and failures say nothing about the next one. */
  forget(): void {
    this.#failedUntilMs = Number.NEGATIVE_INFINITY;
    for (const budget of this.#budgets) budget.forget?.();
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

  #refusal(facts: Pick<AdmissionFacts, "isRunning" | "isManual" | "budget">): StreamRefusedError | undefined {
    const refusal = decideAdmission({
      ...facts,
      isLocked: this.#isLocked,
      camera: this.#camera(),
      failedForMs: Math.max(this.#failedUntilMs - this.#clock.monotonic(), 0),
    });
    return refusal && new StreamRefusedError(refusal.cause, refusal.message, { retryAfterMs: refusal.retryAfterMs });
  }

  #firstVerdict(ask: (budget: StreamBudget) => BudgetVerdict | undefined): BudgetVerdict | undefined {
    for (const budget of this.#budgets) {
      const verdict = ask(budget);
      if (verdict) return verdict;
    }
    return undefined;
  }
}

// The budget of live minutes in a sliding hour: what protects the battery of a camera.
import type { BudgetVerdict } from "./admission-policy.ts";
import { type LiveSpan, liveMsWithin, waitForLiveTimeMs } from "./live-time-policy.ts";
import type { Viewer } from "./stream.ts";
import type { ActivationEnd, StreamBudget } from "./stream-budget.ts";

const windowMs = 3_600_000;

export class LiveTimeBudget implements StreamBudget {
  readonly #limitMs: () => number;
  #spans: LiveSpan[] = [];
  #startedAtMs: number | undefined;

  /** `limitMs`: of one hour; 0 = unlimited. Asked anew each time. */
  constructor(limitMs: () => number) {
    this.#limitMs = limitMs;
  }

  check(_viewer: Viewer, nowMs: number): BudgetVerdict | undefined {
    const limitMs = this.#limitMs();
    const retryAfterMs = waitForLiveTimeMs({ spans: this.#spansUntil(nowMs), nowMs, windowMs, limitMs });
    return retryAfterMs > 0 ? { refusal: "budget", message: explain(limitMs), retryAfterMs } : undefined;
  }

  started(_viewer: Viewer, nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#spans = this.#spans.filter(({ endMs }) => endMs > nowMs - windowMs);
  }

  ended(nowMs: number, _end: ActivationEnd): void {
    this.#spans = this.#spansUntil(nowMs);
    this.#startedAtMs = undefined;
  }

  exceeded(nowMs: number): string | undefined {
    const limitMs = this.#limitMs();
    const isOver = limitMs > 0 && liveMsWithin(this.#spansUntil(nowMs), nowMs, windowMs) >= limitMs;
    return isOver ? explain(limitMs) : undefined;
  }

  #spansUntil(nowMs: number): LiveSpan[] {
    if (this.#startedAtMs === undefined) return this.#spans;
    return [...this.#spans, { startMs: this.#startedAtMs, endMs: nowMs }];
  }
}

function explain(limitMs: number): string {
  const minutes = Math.round(limitMs / 60_000);
  return `The camera has been live as long as it may be within an hour (${minutes} min)`;
}

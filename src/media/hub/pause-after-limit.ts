// The pause after a limit ended a stream: those who watched to the end may not start it again at once.
import type { BudgetVerdict } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";
import { type ActivationEnd, type StreamBudget, viewerKey } from "./stream-budget.ts";

export class PauseAfterLimit implements StreamBudget {
  readonly #pauseMs: () => number;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #paused: ReadonlySet<string> = new Set();

  /** 0: no pause. Asked anew each time. */
  constructor(pauseMs: () => number) {
    this.#pauseMs = pauseMs;
  }

  check(viewer: Viewer, nowMs: number): BudgetVerdict | undefined {
    const retryAfterMs = this.#endedAtMs + this.#pauseMs() - nowMs;
    if (retryAfterMs <= 0 || !this.#paused.has(viewerKey(viewer))) return undefined;
    const message = "The stream has reached its longest time and rests before the same viewer may start it again";
    return { refusal: "paused", message, retryAfterMs };
  }

  started(): void {
    // Who is paused stays so when somebody else starts the stream.
  }

  ended(nowMs: number, { isLimit, viewers }: ActivationEnd): void {
    if (!isLimit) return;
    this.#endedAtMs = nowMs;
    this.#paused = new Set(viewers.map(viewerKey));
  }
}

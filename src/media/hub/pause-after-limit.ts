// The pause after a limit ended a stream: those who watched to the end may not start it again at once.
import type { BudgetVerdict } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";
import { type ActivationEnd, type StreamBudget, viewerKey } from "./stream-budget.ts";

export class PauseAfterLimit implements StreamBudget {
  readonly #pauseMs: () => number;
  /** When the limit ended the stream for a viewer, monotonic ms. */
  readonly #endedAtMs = new Map<string, number>();

  /** 0: no pause. Asked anew each time. */
  constructor(pauseMs: () => number) {
    this.#pauseMs = pauseMs;
  }

  check(viewer: Viewer, nowMs: number): BudgetVerdict | undefined {
    const endedAtMs = this.#endedAtMs.get(viewerKey(viewer)) ?? Number.NEGATIVE_INFINITY;
    const retryAfterMs = endedAtMs + this.#pauseMs() - nowMs;
    if (retryAfterMs <= 0) return undefined;
    const message = "The stream has reached its longest time and rests before the same viewer may start it again";
    return { refusal: "paused", message, retryAfterMs };
  }

  started(): void {
    // Who is paused stays so when somebody else starts the stream.
  }

  ended(nowMs: number, { isLimit, viewers }: ActivationEnd): void {
    if (!isLimit) return;
    const oldestMs = nowMs - this.#pauseMs();
    for (const [key, endedAtMs] of this.#endedAtMs) if (endedAtMs <= oldestMs) this.#endedAtMs.delete(key);
    for (const viewer of viewers) this.#endedAtMs.set(viewerKey(viewer), nowMs);
  }
}

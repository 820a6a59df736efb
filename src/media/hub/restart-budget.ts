// The budget of starts: a client that reconnects for ever must not call the camera for ever.
import type { BudgetVerdict } from "./admission-policy.ts";
import type { Viewer } from "./stream.ts";
import { type StreamBudget, viewerKey } from "./stream-budget.ts";

export interface RestartLimits {
  readonly mostStarts: number;
  readonly windowMs: number;
}

export const usualRestartLimits: RestartLimits = { mostStarts: 6, windowMs: 600_000 };

/** How long to wait until one more start is allowed; 0 = now. `starts` in the order of time. */
export function waitForStartMs(starts: readonly number[], nowMs: number, limits: RestartLimits): number {
  const recent = starts.filter((at) => at > nowMs - limits.windowMs);
  const oldestThatCounts = recent.at(-limits.mostStarts);
  return oldestThatCounts === undefined ? 0 : oldestThatCounts + limits.windowMs - nowMs;
}

export class RestartBudget implements StreamBudget {
  readonly #limits: RestartLimits;
  readonly #starts = new Map<string, readonly number[]>();

  constructor(limits: RestartLimits = usualRestartLimits) {
    this.#limits = limits;
  }

  check(viewer: Viewer, nowMs: number): BudgetVerdict | undefined {
    const retryAfterMs = waitForStartMs(this.#starts.get(viewerKey(viewer)) ?? [], nowMs, this.#limits);
    if (retryAfterMs <= 0) return undefined;
    const { mostStarts, windowMs } = this.#limits;
    const message = `The stream was started ${mostStarts} times in ${Math.round(windowMs / 60_000)} minutes for this viewer`;
    return { refusal: "budget", message, retryAfterMs };
  }

  /** One of them who may is enough: the others only go on watching. */
  checkRestart(viewers: readonly Viewer[], nowMs: number): BudgetVerdict | undefined {
    const verdicts = viewers.map((viewer) => this.check(viewer, nowMs));
    return verdicts.includes(undefined) ? undefined : verdicts[0];
  }

  started(viewer: Viewer, nowMs: number): void {
    const oldestMs = nowMs - this.#limits.windowMs;
    for (const [key, starts] of this.#starts) if ((starts.at(-1) ?? 0) <= oldestMs) this.#starts.delete(key);
    const key = viewerKey(viewer);
    this.#starts.set(key, [...(this.#starts.get(key) ?? []), nowMs].slice(-this.#limits.mostStarts));
  }

  restarted(viewers: readonly Viewer[], nowMs: number): void {
    const once = new Map(viewers.map((viewer) => [viewerKey(viewer), viewer]));
    for (const viewer of once.values()) this.started(viewer, nowMs);
  }

  forget(): void {
    this.#starts.clear();
  }

  ended(): void {
    // A start counts however it ended.
  }
}

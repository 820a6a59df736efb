// The budget of live minutes in a sliding hour: what protects the battery of a camera.
import type { Clock } from "../../foundation/clock.ts";
import type { BudgetVerdict } from "./admission-policy.ts";
import { type LiveSpan, liveMsWithin, waitForLiveTimeMs } from "./live-time-policy.ts";
import type { Viewer } from "./stream.ts";
import type { ActivationEnd, StreamBudget } from "./stream-budget.ts";

const windowMs = 3_600_000;

/** Where the live minutes of the last hour survive a restart. */
export interface LiveTimeMemory {
  /** What was saved last, unchecked. */
  load(): unknown;
  /** In Unix ms; they are safe when it returns. */
  save(spans: readonly LiveSpan[]): void;
  /** The same while it is live, again and again: they are safe some time later. */
  keep(spans: readonly LiveSpan[]): void;
}

export interface LiveTimeBudgetOptions {
  /** Of one hour; 0 = unlimited. Asked anew each time. */
  readonly limitMs: () => number;
  readonly clock: Clock;
  readonly memory: LiveTimeMemory;
}

export class LiveTimeBudget implements StreamBudget {
  readonly #limitMs: () => number;
  readonly #memory: LiveTimeMemory;
  /** Unix time minus monotonic time. */
  readonly #unixMs: number;
  #spans: LiveSpan[];
  #startedAtMs: number | undefined;

  constructor({ limitMs, clock, memory }: LiveTimeBudgetOptions) {
    this.#limitMs = limitMs;
    this.#memory = memory;
    this.#unixMs = clock.now() - clock.monotonic();
    this.#spans = readSpans(memory.load(), clock.now()).map((span) => moved(span, -this.#unixMs));
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
    if (this.#limitMs() > 0) this.#memory.save(this.#recent(nowMs));
  }

  exceeded(nowMs: number): string | undefined {
    const limitMs = this.#limitMs();
    // What has no limit is not worth the disk.
    if (limitMs <= 0) return undefined;
    this.#memory.keep(this.#recent(nowMs));
    return liveMsWithin(this.#spansUntil(nowMs), nowMs, windowMs) >= limitMs ? explain(limitMs) : undefined;
  }

  #recent(nowMs: number): LiveSpan[] {
    const recent = this.#spansUntil(nowMs).filter(({ endMs }) => endMs > nowMs - windowMs);
    return recent.map((span) => moved(span, this.#unixMs));
  }

  #spansUntil(nowMs: number): LiveSpan[] {
    if (this.#startedAtMs === undefined) return this.#spans;
    return [...this.#spans, { startMs: this.#startedAtMs, endMs: nowMs }];
  }
}

const moved = ({ startMs, endMs }: LiveSpan, byMs: number): LiveSpan => ({
  startMs: Math.round(startMs + byMs),
  endMs: Math.round(endMs + byMs),
});

/** Spans of the last hour; none where a clock that was set back makes no sense of them. */
function readSpans(saved: unknown, nowUnixMs: number): LiveSpan[] {
  if (!Array.isArray(saved)) return [];
  const isRecent = ({ startMs, endMs }: LiveSpan): boolean =>
    startMs < endMs && endMs > nowUnixMs - windowMs && endMs <= nowUnixMs;
  return saved.filter(isSpan).filter(isRecent);
}

function isSpan(value: unknown): value is LiveSpan {
  if (typeof value !== "object" || value === null || !("startMs" in value) || !("endMs" in value)) return false;
  return Number.isFinite(value.startMs) && Number.isFinite(value.endMs);
}

function explain(limitMs: number): string {
  const minutes = Math.round(limitMs / 60_000);
  return `The camera has been live as long as it may be within an hour (${minutes} min)`;
}

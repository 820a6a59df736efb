// How many pictures all cameras together may ask Ring for: a few at a time, and not more than so many a minute.
import { abortable } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { TransientError } from "../foundation/errors.ts";

export interface BudgetLimits {
  /** Requests without hurry that may run at the same time. */
  readonly slots: number;
  readonly perMinute: number;
  /** Kept back for events and the button. */
  readonly reserve: number;
}

const usualLimits: BudgetLimits = { slots: 3, perMinute: 120, reserve: 40 };

export class SnapshotBudget {
  readonly #clock: Clock;
  readonly #limits: BudgetLimits;
  #tokens: number;
  #filledAtMs: number;
  #closedUntilMs = Number.NEGATIVE_INFINITY;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, limits: Partial<BudgetLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...usualLimits, ...limits };
    this.#tokens = this.#limits.perMinute;
    this.#filledAtMs = clock.monotonic();
  }

  /** For an event or a button: at once. Rejects with TransientError `snapshot.budget` where too much was asked for. */
  async urgent<T>(request: () => Promise<T>): Promise<T> {
    this.#spend(0);
    return await this.#watch(request);
  }

  /** For everything else: in turn, and only while enough is left for the urgent ones. */
  async patient<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#slot(signal);
    try {
      this.#spend(this.#limits.reserve);
      return await this.#watch(request);
    } finally {
      this.#running--;
      for (const look of [...this.#waiting]) look();
    }
  }

  #spend(keep: number): void {
    const { perMinute } = this.#limits;
    const nowMs = this.#clock.monotonic();
    this.#tokens = Math.min(perMinute, this.#tokens + ((nowMs - this.#filledAtMs) * perMinute) / 60_000);
    this.#filledAtMs = nowMs;
    if (nowMs < this.#closedUntilMs || this.#tokens < keep + 1) {
      const text = "Belfry asks Ring for no more pictures just now; all cameras together have asked for too many";
      throw new TransientError("snapshot.budget", text);
    }
    this.#tokens--;
  }

  /** Ring itself may say that it is too much; then nobody asks for a while. */
  async #watch<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof TransientError && error.retryAfterMs !== undefined)
        this.#closedUntilMs = this.#clock.monotonic() + error.retryAfterMs;
      throw error;
    }
  }

  async #slot(signal: AbortSignal): Promise<void> {
    while (this.#running >= this.#limits.slots) {
      const free = Promise.withResolvers<void>();
      this.#waiting.add(free.resolve);
      try {
        await abortable(free.promise, signal);
      } finally {
        this.#waiting.delete(free.resolve);
      }
    }
    this.#running++;
  }
}

// A clock that tests move by hand.
import type { Clock } from "./clock.ts";

export class ManualClock implements Clock {
  #nowMs: number;
  #timers: { at: number; order: number; callback: () => void }[] = [];
  #order = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = { at: this.#nowMs + Math.max(delayMs, 0), order: this.#order++, callback };
    this.#timers.push(timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on, firing due timers in order; promise reactions run between them. */
  async advance(byMs: number): Promise<void> {
    const end = this.#nowMs + byMs;
    await this.#settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const due = next;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.at);
      due.callback();
      await this.#settle();
    }
    this.#nowMs = end;
  }

  #next(end: number): { at: number; order: number; callback: () => void } | undefined {
    return this.#timers
      .filter((timer) => timer.at <= end)
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .at(0);
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

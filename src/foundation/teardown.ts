// Ending things in reverse order of their start: every step runs although one fails, within one time budget.
import { type Clock, delay } from "./clock.ts";
import type { Logger } from "./logger.ts";

export class Teardown {
  readonly #steps: { name: string; end: () => void | Promise<void> }[] = [];

  /** Remembers how to end what has just been started; the last one added ends first. */
  add(name: string, end: () => void | Promise<void>): void {
    this.#steps.push({ name, end });
  }

  /** Whatever is here by now is ended by `other` in its turn. */
  handOver(other: Teardown): void {
    other.#steps.push(...this.#steps.splice(0));
  }

  /** Runs all steps. A step that fails is logged; those not done when the budget is over are named and left behind. */
  async run(logger: Logger, clock: Clock, budgetMs: number): Promise<void> {
    const startedAt = clock.monotonic();
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      const leftMs = Math.max(budgetMs - (clock.monotonic() - startedAt), 50);
      const timer = new AbortController();
      const late = delay(clock, leftMs, timer.signal).then(
        () => true,
        () => false,
      );
      const { name, end } = step;
      const done = Promise.resolve()
        .then(end)
        .then(
          () => false,
          (error: unknown) => {
            logger.warn(`${name} did not end cleanly`, error);
            return false;
          },
        );
      if (await Promise.race([done, late])) logger.warn(`${name} did not end in time`);
      timer.abort();
    }
  }
}

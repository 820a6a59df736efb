// Work that is asked for often and done now and then, such as writing to the disk: never in the turn in which it is asked for.
import type { Clock } from "./clock.ts";

export interface SpacedOptions {
  readonly work: () => void;
  /** In each `everyMs` so often at most. */
  readonly times: number;
  readonly everyMs: number;
  readonly clock: Clock;
}

export class Spaced implements Disposable {
  readonly #options: SpacedOptions;
  /** Of the last times, oldest first. */
  #doneAt: number[] = [];
  #timer: Disposable | undefined;

  constructor(options: SpacedOptions) {
    this.#options = options;
  }

  /** It is done soon, once for all who ask until then. */
  request(): void {
    const { clock, times, everyMs } = this.#options;
    const oldest = this.#doneAt.at(-times) ?? Number.NEGATIVE_INFINITY;
    this.#timer ??= clock.after(Math.max(oldest + everyMs - clock.monotonic(), 0), () => this.#do());
  }

  /** What was asked for is done now. */
  [Symbol.dispose](): void {
    if (!this.#timer) return;
    this.#timer[Symbol.dispose]();
    this.#do();
  }

  #do(): void {
    const { clock, times, work } = this.#options;
    this.#timer = undefined;
    this.#doneAt = [...this.#doneAt, clock.monotonic()].slice(-times);
    work();
  }
}

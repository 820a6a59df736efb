// So many at a time; who comes when all are busy waits for a turn, first come, first served.
import { abortable } from "./abort.ts";

export class Turns {
  readonly #most: number;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #busy = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Rejects with the abort reason where that comes before the turn; the work is to heed the signal itself. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#busy < this.#most) {
      this.#busy++;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    try {
      await abortable(turn.promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(turn);
      if (at >= 0) this.#waiting.splice(at, 1);
      // It had come in the same moment.
      else this.#next();
      throw error;
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next.resolve();
    else this.#busy--;
  }
}

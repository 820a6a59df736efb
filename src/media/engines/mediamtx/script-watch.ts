// Watches over an on-demand script until its first word: MediaMTX does not notice when it dies, and lets readers wait.
import { type Clock, delay } from "../../../foundation/clock.ts";

export interface ScriptWatchOptions {
  /** Nothing of the script is there any more. False where that cannot be told. */
  readonly isGone: () => Promise<boolean>;
  readonly onDead: () => void;
  readonly clock: Clock;
}

/** A script says its first word within a tenth of that, on a machine that has nothing else to do. */
const firstLookMs = 400;
const nextLookMs = 150;
/** One that lives and says nothing for so long is broken, too. */
const longestMs = 5_000;

export class ScriptWatch implements Disposable {
  readonly #options: ScriptWatchOptions;
  #watching: AbortController | undefined;

  constructor(options: ScriptWatchOptions) {
    this.#options = options;
  }

  /** A script has been started, and has not spoken yet. */
  get isWatching(): boolean {
    return this.#watching !== undefined;
  }

  /** MediaMTX has run the script. */
  begin(): void {
    this[Symbol.dispose]();
    const watching = new AbortController();
    this.#watching = watching;
    this.#untilDead(watching.signal)
      .then(() => {
        this.#watching = undefined;
        this.#options.onDead();
      })
      .catch(() => undefined);
  }

  /** It has spoken, or does not matter any more. */
  [Symbol.dispose](): void {
    this.#watching?.abort();
    this.#watching = undefined;
  }

  /** Rejects at the abort. */
  async #untilDead(signal: AbortSignal): Promise<void> {
    const { isGone, clock } = this.#options;
    const latestMs = clock.monotonic() + longestMs;
    await delay(clock, firstLookMs, signal);
    while (!(await isGone()) && clock.monotonic() < latestMs) await delay(clock, nextLookMs, signal);
    signal.throwIfAborted();
  }
}

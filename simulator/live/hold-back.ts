// Delays on purpose, within one call: each is told to the journal, and all of them end with the call.
import type { Journal } from "../journal.ts";

type Details = Readonly<Record<string, unknown>>;

export class HoldBack {
  readonly #journal: Journal;
  readonly #details: Details;
  readonly #signal: AbortSignal;

  constructor(journal: Journal, details: Details, signal: AbortSignal) {
    this.#journal = journal;
    this.#details = details;
    this.#signal = signal;
  }

  /** Told to the journal from now until the returned function is called, or the call ends. */
  open(what: string, details: Details = {}): () => void {
    const release = this.#journal.hold(what, { ...this.#details, ...details });
    this.#signal.addEventListener("abort", release, { once: true });
    return () => {
      this.#signal.removeEventListener("abort", release);
      release();
    };
  }

  /** Holds `what` back so long, for ever if it is null. False if the call ended meanwhile. */
  async pause(what: string, delayMs: number | null): Promise<boolean> {
    if (delayMs === 0) return !this.#signal.aborted;
    const release = this.open(what);
    const elapsed = await this.wait(delayMs);
    release();
    return elapsed;
  }

  /** As `pause`, without an entry in the journal. */
  wait(delayMs: number | null): Promise<boolean> {
    const signal = this.#signal;
    if (signal.aborted || delayMs === 0) return Promise.resolve(!signal.aborted);
    return new Promise((resolve) => {
      const onAbort = () => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer =
        delayMs === null
          ? undefined
          : setTimeout(() => {
              signal.removeEventListener("abort", onAbort);
              resolve(true);
            }, delayMs);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

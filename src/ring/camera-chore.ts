// One thing that is asked for a camera now and then; how soon again depends on how it went.
import type { Clock } from "../foundation/clock.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { Absence, type AbsenceRule } from "./absence.ts";
import type { Chore } from "./slow-poll.ts";

export interface CameraChoreOptions {
  /** Completes "could not ...". */
  readonly what: string;
  readonly isNeeded: () => boolean;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Ring says again and again that there is no such thing for this account. */
  readonly onRefused: () => void;
  readonly refusal: AbsenceRule;
  readonly periodMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1): spreads the cameras over time. */
  readonly random?: () => number;
}

const afterFailureMs = 300_000;
const afterRefusalMs = 86_400_000;

export class CameraChore implements Chore {
  readonly #options: CameraChoreOptions;
  readonly #absence = new Absence();
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(options: CameraChoreOptions) {
    this.#options = options;
  }

  get dueAt(): number {
    return this.#options.isNeeded() ? this.#nextAt : Number.POSITIVE_INFINITY;
  }

  /** As soon as its turn comes. */
  hurry(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { work, periodMs, what, logger, onRefused } = this.#options;
    try {
      await work(signal);
      this.#absence.seen();
      this.#again(periodMs);
    } catch (error) {
      signal.throwIfAborted();
      logger.debug(`could not ${what}`, error);
      const isRefused = this.#isRefused(error);
      this.#again(isRefused ? afterRefusalMs : retryMs(error));
      if (isRefused) onRefused();
    }
  }

  /** One refusal may be an accident. */
  #isRefused(error: unknown): boolean {
    const { clock, refusal } = this.#options;
    return error instanceof PermanentError && this.#absence.missed(clock.monotonic(), refusal);
  }

  #again(inMs: number): void {
    const { clock, random = Math.random } = this.#options;
    this.#nextAt = clock.monotonic() + inMs * (1 - 0.2 * random());
  }
}

function retryMs(error: unknown): number {
  const asked = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked * 1.25, afterFailureMs);
}

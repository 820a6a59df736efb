// Writes what the state file only keeps: rarely, as each write holds up the event loop, and with it every stream.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { StateFile } from "../storage/state-file.ts";

/** A crash loses no more than this. */
const flushAfterMs = 60_000;

export class FlushSoon implements Disposable {
  readonly #file: Pick<StateFile, "flush">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Disposable | undefined;

  constructor(file: Pick<StateFile, "flush">, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** One write for all who ask within a minute. */
  request(): void {
    this.#timer ??= this.#clock.after(flushAfterMs, () => this.#flush());
  }

  /** What was asked for is done now. */
  [Symbol.dispose](): void {
    if (!this.#timer) return;
    this.#timer[Symbol.dispose]();
    this.#flush();
  }

  #flush(): void {
    this.#timer = undefined;
    try {
      this.#file.flush();
    } catch (error) {
      this.#logger.warn("what was kept of the cameras could not be saved", error);
    }
  }
}

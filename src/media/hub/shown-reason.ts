// Why a stream failed, ended by itself or could not be started: shown until the next start, or until it is no longer true.
import type { Clock } from "../../foundation/clock.ts";
import { errorCode, errorText } from "../../foundation/errors.ts";
import type { StreamRefusedError } from "../errors.ts";
import type { Viewer } from "./stream.ts";
import type { StreamStatus } from "./stream-status.ts";

export interface ShownReasonOptions {
  readonly clock: Clock;
  /** Why this viewer may not start the stream now. */
  readonly refusal: (viewer: Viewer) => StreamRefusedError | undefined;
  /** What refused a start is gone, and so is the reason. */
  readonly onGone: () => void;
}

export class ShownReason implements Disposable {
  readonly #options: ShownReasonOptions;
  #value: StreamStatus["reason"];
  #refused: { readonly viewer: Viewer; readonly error: StreamRefusedError } | undefined;
  #again: Disposable | undefined;

  constructor(options: ShownReasonOptions) {
    this.#options = options;
  }

  get value(): StreamStatus["reason"] {
    return this.#value;
  }

  show(error: Error): void {
    this.clear();
    this.#value = { code: errorCode(error), text: errorText(error) };
  }

  /** A start was refused; looked at again when the refusal says that it may be over. */
  showRefusal(viewer: Viewer, error: StreamRefusedError): void {
    this.show(error);
    this.#refused = { viewer, error };
    if (error.retryAfterMs === undefined) return;
    this.#again = this.#options.clock.after(error.retryAfterMs, () => this.reconsider());
  }

  /** The cause of a refusal may be gone. */
  reconsider(): void {
    const refused = this.#refused;
    if (!refused) return;
    const { refusal, onGone } = this.#options;
    const present = refusal(refused.viewer);
    if (present?.refusal === refused.error.refusal) this.showRefusal(refused.viewer, present);
    else {
      this.clear();
      onGone();
    }
  }

  clear(): void {
    this.#value = undefined;
    this.#refused = undefined;
    this.#again?.[Symbol.dispose]();
    this.#again = undefined;
  }

  [Symbol.dispose](): void {
    this.#again?.[Symbol.dispose]();
  }
}

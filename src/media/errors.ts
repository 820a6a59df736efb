// Errors of streams, with what each server needs to answer: is it refused, offline, or broken?
import { TransientError } from "../foundation/errors.ts";

/** Why a viewer may not have a stream now. */
export type RefusalCause = "locked" | "blocked" | "budget" | "offline" | "paused" | "failed";

/** Code `stream.<cause>`. `retryAfterMs` says when it is worth asking again. */
export class StreamRefusedError extends TransientError {
  readonly refusal: RefusalCause;

  constructor(
    refusal: RefusalCause,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number | undefined },
  ) {
    super(`stream.${refusal}`, message, options);
    this.refusal = refusal;
  }

  /** A camera that cannot be called at all has failed; a limit of ours is no failure. */
  get isOfCamera(): boolean {
    return this.refusal === "offline" || this.refusal === "blocked";
  }
}

/** Why a viewer's stream is over. */
export type EndCause = "off" | "finished" | "limit" | "described-wrongly" | "slow" | "transport" | "shutdown";

/** The stream ended for a viewer who had it; nothing is wrong with the request. Code `stream.<cause>`. */
export class StreamEndedError extends TransientError {
  readonly ending: EndCause;

  constructor(ending: EndCause, message: string, options?: { cause?: unknown }) {
    super(`stream.${ending}`, message, options);
    this.ending = ending;
  }
}

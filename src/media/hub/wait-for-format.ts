// Waits for a starting stream to show what it carries, for as long as a client that asks may be kept waiting.
import { abortable, composeSignals } from "../../foundation/abort.ts";
import { type Clock, delay } from "../../foundation/clock.ts";
import type { Subscribable } from "../../foundation/emitter.ts";
import { StreamRefusedError } from "../errors.ts";

export interface FormatWait {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly isKnown: () => boolean;
  readonly changed: Subscribable<void>;
  /** The stream is over for the one who waits. */
  readonly ended: AbortSignal;
  /** The client has left. */
  readonly signal: AbortSignal;
}

/** Resolves when the format is known or the time is over; rejects with a StreamRefusedError where the stream ends meanwhile. */
export async function waitForFormat(wait: FormatWait): Promise<void> {
  const patience = new AbortController();
  const arrived = Promise.withResolvers<void>();
  using _listener = wait.changed.subscribe(() => {
    if (wait.isKnown()) arrived.resolve();
  });
  const over = composeSignals(wait.signal, wait.ended);
  const late = delay(wait.clock, wait.limitMs, composeSignals(patience.signal, over));
  try {
    await abortable(Promise.race([arrived.promise, late]), over);
  } catch (error) {
    if (wait.signal.aborted || error instanceof StreamRefusedError) throw error;
    throw new StreamRefusedError("failed", "The stream ended while it was being described", { cause: error });
  } finally {
    patience.abort();
  }
}

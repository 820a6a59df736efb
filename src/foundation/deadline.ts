// Deadlines: nothing is waited for without a bound.
import { abortable, composeSignals } from "./abort.ts";
import type { Clock } from "./clock.ts";
import { TransientError } from "./errors.ts";

/** Runs `work` with a signal that aborts after `limitMs`; rejects then with code `deadline`, naming `what`. */
export async function withDeadline<T>(
  what: string,
  limitMs: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  using _timer = clock.after(limitMs, () =>
    controller.abort(new TransientError("deadline", `${what} took longer than ${limitMs} ms`)),
  );
  const signal = composeSignals(controller.signal, parent);
  return await abortable(work(signal), signal);
}

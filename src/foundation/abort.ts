// Lifetimes: composed AbortSignals and the closed set of reasons why something stops.

export type StopReason = "closed" | "failed" | "replaced" | "shutdown";

/** The abort reason of everything that we stop ourselves; not a failure. */
export class StopError extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason, options?: { cause?: unknown }) {
    super(`stopped: ${reason}`, options);
    this.name = "StopError";
    this.reason = reason;
  }
}

/** Aborts with the first of the given signals. */
export function composeSignals(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const present = signals.filter((signal) => signal !== undefined);
  return present.length === 1 && present[0] ? present[0] : AbortSignal.any(present);
}

/** Calls `listener` once, at the abort, or at once where it has happened already. Dispose to forget it. */
export function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): Disposable {
  if (signal.aborted) {
    listener(signal.reason);
    return { [Symbol.dispose]: () => undefined };
  }
  const handle = (): void => listener(signal.reason);
  signal.addEventListener("abort", handle, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", handle) };
}

/** Settles as `promise` does, or rejects with the abort reason if that comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody will look at its end any more.
    promise.catch(() => undefined);
    signal.throwIfAborted();
  }
  const aborted = Promise.withResolvers<never>();
  using _listener = onAbort(signal, aborted.reject);
  return await Promise.race([promise, aborted.promise]);
}

/** Resolves at the abort. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, () => resolve());
  });
}

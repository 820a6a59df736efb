// The error vocabulary: is it worth a retry, must somebody be told, or is it our own bug? Codes are listed in docs/errors.md.

export interface ErrorOptionsWithCause {
  cause?: unknown;
}

/** Base of all our errors. `code` is stable and documented; the message is one sentence for the reader of the log. */
export abstract class AppError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptionsWithCause) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** May work when tried again: time-out, throttled, stalled, offline. */
export class TransientError extends AppError {
  /** Earliest sensible retry, in ms from now, where the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptionsWithCause & { retryAfterMs?: number | undefined }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Trying again does not help until somebody changes something: bad token, not supported, bad setting. */
export class PermanentError extends AppError {}

/** An invariant of ours broke. */
export class BugError extends AppError {
  constructor(message: string, options?: ErrorOptionsWithCause) {
    super("bug", message, options);
  }
}

/** The message of anything thrown, with the messages of its causes, on one line. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let current = error, depth = 0; current !== undefined && depth < 5; depth++) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    if (text && !texts.some((known) => known.includes(text))) texts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return texts.join(": ").replace(/\s*\n\s*/g, " ");
}

/** As `errorText`, and the code of an error of ours: for logs and terminals. */
export function codedText(error: unknown): string {
  return error instanceof AppError ? `${errorText(error)} [${error.code}]` : errorText(error);
}

/** The code of an error of ours, or Node's (`ECONNREFUSED`), or `unknown`. */
export function errorCode(error: unknown): string {
  if (error instanceof AppError) return error.code;
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string")
    return error.code;
  return "unknown";
}

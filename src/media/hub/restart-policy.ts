// Decides what follows when a source ends by itself while its stream is wanted.
import { AppError, errorCode, PermanentError } from "../../foundation/errors.ts";
import { type RefusalCause, StreamEndedError, StreamRefusedError } from "../errors.ts";

/** A call that the other side hung up in its own words may go well with everything new; who insists is refused again. */
const mostHangUps = 2;

export interface SourceEndFacts {
  /** What ended it; undefined: its natural end. */
  readonly error: Error | undefined;
  readonly hasViewers: boolean;
  /** Since the last restart in this activation; undefined: none yet. */
  readonly sinceRestartMs: number | undefined;
  readonly restartEveryMs: number;
  /** What forbids another start for those who watch; undefined: nothing. */
  readonly refusal: RefusalCause | undefined;
}

/** `finish` and `limit`: over, nothing is wrong; `refuse`: something forbids it to go on; `fail`: over, and that is a failure. */
export type SourceEndDecision = "restart" | "finish" | "limit" | "refuse" | "fail";

export function decideAfterSourceEnd(facts: SourceEndFacts): SourceEndDecision {
  if (!facts.error) return "finish";
  if (isLimit(facts.error)) return "limit";
  if (!facts.hasViewers) return "finish";
  if (!isWorthRetrying(facts.error)) return "fail";
  const isTooSoon = facts.sinceRestartMs !== undefined && facts.sinceRestartMs < facts.restartEveryMs;
  if (isTooSoon || facts.refusal === "budget") return "fail";
  return facts.refusal ? "refuse" : "restart";
}

/** What the viewers are told when it is over. */
export function viewersError(
  decision: Exclude<SourceEndDecision, "restart">,
  cause: Error | undefined,
  retryAfterMs: number,
): StreamRefusedError | StreamEndedError {
  if (cause instanceof StreamRefusedError) return cause;
  if (decision === "finish") return new StreamEndedError("finished", "The camera has ended the stream", { cause });
  if (decision === "limit") return new StreamEndedError("limit", "The stream has reached its longest time", { cause });
  return new StreamRefusedError("failed", "The camera's stream could not be had", { cause, retryAfterMs });
}

/** Not a permanent error, and not a refusal by the camera's side that says why. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof PermanentError) && !(error instanceof StreamRefusedError);
}

/** Whether a start that failed so often is tried again; `hangUps`: how often the other side has hung up, this time included. */
export function mayTryAgain(error: unknown, hangUps: number): boolean {
  return isWorthRetrying(error) && hangUps < mostHangUps;
}

/** The other side ended it in its own words: its code ends with `.closed`. */
export function isHangUp(error: unknown): boolean {
  return error instanceof AppError && errorCode(error).endsWith(".closed");
}

/** The other side's longest session is over: its code ends with `.limit`. */
export function isLimit(error: Error): boolean {
  return error instanceof AppError && errorCode(error).endsWith(".limit");
}

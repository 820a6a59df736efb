// What the end of the process means to whatever has started it. rootfs/.../finish knows them too.
import { AppError, BugError, errorCode, TransientError } from "../foundation/errors.ts";

export const exitCodes = {
  stopped: 0,
  /** Somebody must change something, a setting say. */
  refused: 1,
  /** A bug of ours; to be started again. As EX_SOFTWARE of sysexits.h. */
  bug: 70,
  /** To be started again: the owner wants it, or it may work then. As EX_TEMPFAIL. */
  again: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Of an error that has ended the start. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof TransientError) return exitCodes.again;
  const isRefusal = error instanceof AppError && !(error instanceof BugError);
  return isRefusal || errorCode(error).startsWith("ERR_PARSE_ARGS") ? exitCodes.refused : exitCodes.bug;
}

// Translates whatever ring-client-api and fetch throw into our errors, once, at the edge of this room.
import { StopError } from "../foundation/abort.ts";
import { AppError, PermanentError, TransientError } from "../foundation/errors.ts";
import { asRecord, numberOf, recordOf } from "./wire/record.ts";

/** Longer than this nobody is asked to wait in earnest. */
const longestWaitMs = 86_400_000;

/** `Retry-After` of a reply, in ms, where it is a number of seconds or a date. */
export function retryAfterMs(headers: unknown, now: number): number | undefined {
  const asked = askedWaitMs(headers, now);
  return asked === undefined ? undefined : Math.min(Math.max(asked, 0), longestWaitMs);
}

function askedWaitMs(headers: unknown, now: number): number | undefined {
  if (!(headers instanceof Headers)) return undefined;
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - now;
}

/** The HTTP status that an error of ring-client-api carries; undefined where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = numberOf(recordOf(asRecord(error), "response"), "status");
  if (status !== undefined) return status;
  // ring-client-api throws away the reply of a 404.
  return error instanceof Error && error.message.startsWith("Not found with response") ? 404 : undefined;
}

/** `doing` completes "Ring refused to ...". Abort reasons and our own errors pass unchanged. */
export function translateError(error: unknown, doing: string, now: number): Error {
  if (error instanceof AppError || error instanceof StopError) return error;
  const status = statusOf(error);
  const options = { cause: error };
  if (status === undefined)
    return new TransientError("ring.unreachable", `Ring cannot be reached to ${doing}`, options);
  if (status === 429 || status === 406) {
    const wait = retryAfterMs(recordOf(asRecord(error), "response")?.["headers"], now);
    const retry = { ...options, retryAfterMs: wait ?? 60_000 };
    return new TransientError("ring.throttled", `Ring refused to ${doing}: too many requests (${status})`, retry);
  }
  if (status >= 500) return new TransientError("ring.unavailable", `Ring failed to ${doing} (${status})`, options);
  if (status === 401)
    return new TransientError("ring.unauthorized", `Ring refused to ${doing}: not signed in`, options);
  if (status === 403 || status === 404) {
    const hint = "the account may not be the owner of this camera, or the camera has no such thing";
    return new PermanentError("ring.not-allowed", `Ring refused to ${doing} (${status}); ${hint}`, options);
  }
  return new PermanentError("ring.rejected", `Ring refused to ${doing} (${status})`, options);
}

export function notKept(thing: string, cameraName: string): TransientError {
  const advice = "try again, or change it in the Ring app";
  const text = `Ring took the change of the ${thing} of ${cameraName} but shows the old value; ${advice}`;
  return new TransientError("ring.not-kept", text);
}

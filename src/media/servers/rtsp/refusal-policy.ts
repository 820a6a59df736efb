// Which RTSP answer a viewer gets when a stream is refused or fails.
import { TransientError } from "../../../foundation/errors.ts";
import { type RefusalCause, StreamRefusedError } from "../../errors.ts";
import type { RtspResponse } from "../../formats/rtsp-message.ts";

const statuses: Readonly<Record<RefusalCause, 403 | 503>> = {
  locked: 403,
  blocked: 403,
  budget: 503,
  offline: 503,
  paused: 503,
  failed: 503,
};
const usualRetrySeconds = 10;

/** VLC takes any refusal but 404 as a reason to try RTSP over HTTP. */
const understandsOnlyNotFound = /^LibVLC/;

export function refusalResponse(error: unknown, userAgent: string): RtspResponse {
  if (understandsOnlyNotFound.test(userAgent)) return { status: 404 };
  const status = statuses[error instanceof StreamRefusedError ? error.refusal : "failed"];
  if (status === 403) return { status };
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : undefined;
  const seconds = retryAfterMs === undefined ? usualRetrySeconds : Math.max(Math.ceil(retryAfterMs / 1000), 1);
  return { status, headers: [["Retry-After", String(seconds)]] };
}

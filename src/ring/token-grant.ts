// One request to Ring's token endpoint, and what its answer means.
import type { Clock } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { TransientError } from "../foundation/errors.ts";
import { retryAfterMs } from "./errors.ts";
import { asRecord, numberOf, textOf } from "./wire/record.ts";

export type GrantRequest =
  | { readonly kind: "refresh"; readonly refreshToken: string }
  | { readonly kind: "password"; readonly email: string; readonly password: string; readonly code?: string };

export interface Grant {
  readonly kind: "granted";
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
}

export type GrantOutcome =
  | Grant
  /** `channel` is where the code went: `sms`, `email`, `totp` or nothing known; `phone` is masked by Ring. */
  | { readonly kind: "code-needed"; readonly channel: string | undefined; readonly phone: string | undefined }
  | { readonly kind: "rejected"; readonly status: number; readonly error: string; readonly description: string };

export interface GrantContext {
  readonly hardwareId: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const endpoint = "https://oauth.ring.com/oauth/token";

/** Rejects with TransientError `ring.unreachable`, `ring.unavailable`, `ring.throttled` where Ring gave no verdict. */
export async function requestGrant(request: GrantRequest, context: GrantContext): Promise<GrantOutcome> {
  const { clock, signal, timeoutMs } = context;
  return await withDeadline(
    "Ring's sign-in server",
    timeoutMs,
    clock,
    (limit) => send(request, context, limit),
    signal,
  );
}

async function send(request: GrantRequest, context: GrantContext, signal: AbortSignal): Promise<GrantOutcome> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      "2fa-support": "true",
      "2fa-code": request.kind === "password" ? (request.code ?? "") : "",
      hardware_id: context.hardwareId,
      "user-agent": "android:com.ringapp",
    },
    body: JSON.stringify({ client_id: "ring_official_android", scope: "client", ...grantFields(request) }),
    signal,
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new TransientError("ring.unreachable", "Ring's sign-in server cannot be reached", { cause });
  });
  const text = await response.text().catch((cause: unknown) => {
    throw new TransientError("ring.unreachable", "the connection to Ring's sign-in server broke", { cause });
  });
  return readAnswer(response, text, context.clock.now());
}

function grantFields(request: GrantRequest): Record<string, string> {
  return request.kind === "refresh"
    ? { grant_type: "refresh_token", refresh_token: request.refreshToken }
    : { grant_type: "password", username: request.email, password: request.password };
}

function readAnswer(response: Response, text: string, now: number): GrantOutcome {
  const body = asRecord(parseJson(text));
  const { status } = response;
  if (response.ok) {
    const accessToken = textOf(body, "access_token");
    const refreshToken = textOf(body, "refresh_token");
    if (!accessToken || !refreshToken) {
      throw new TransientError("ring.odd-reply", "Ring's sign-in server answered without a token");
    }
    // A life so short that it is renewed at each request would hammer the server.
    const expiresInSeconds = Math.max(numberOf(body, "expires_in") ?? 3600, 120);
    return { kind: "granted", accessToken, refreshToken, expiresInSeconds };
  }
  if (status === 412) return { kind: "code-needed", channel: textOf(body, "tsv_state"), phone: textOf(body, "phone") };
  const error = textOf(body, "error") ?? "";
  const description = textOf(body, "error_description") ?? textOf(body, "err_msg") ?? "";
  const isThrottled = status === 429 || status === 406 || /too many requests/i.test(description);
  if (isThrottled) {
    throw new TransientError("ring.throttled", `Ring blocks sign-ins for a while (${status})`, {
      retryAfterMs: retryAfterMs(response.headers, now) ?? 600_000,
    });
  }
  if (status >= 500 || status === 408) {
    throw new TransientError("ring.unavailable", `Ring's sign-in server has a problem (${status})`, {
      retryAfterMs: retryAfterMs(response.headers, now),
    });
  }
  return { kind: "rejected", status, error, description };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

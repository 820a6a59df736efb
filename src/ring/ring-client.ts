// ring-client-api's REST client with its traps closed: deadlines, no endless repeats, and a failed refresh that does not kill it.
import { clientApi, RingRestClient } from "ring-client-api/rest-client";
import { composeSignals } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { statusOf, translateError } from "./errors.ts";
import type { TokenKeeper } from "./token-keeper.ts";

export interface RingRequest {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH";
  readonly json?: object;
  readonly responseType?: "json" | "buffer";
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RingClient {
  /** For the classes of ring-client-api. */
  readonly rest: RingRestClient;
  /** Rejects with our errors; `doing` completes "Ring refused to ...". */
  request(doing: string, request: RingRequest, options: { signal: AbortSignal; timeoutMs?: number }): Promise<unknown>;
}

export interface RingClientOptions {
  readonly keeper: TokenKeeper;
  readonly systemId: string;
  readonly systemName: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The client's life: its requests end and its timers are gone when this aborts. */
  readonly signal: AbortSignal;
}

/** The library repeats a request after 401, 404 and 504; more often than this it would go on for ever. */
const mostRepeats = 4;

export function createRingClient(options: RingClientOptions): RingClient {
  const { keeper, clock, signal } = options;
  const rest = new RingRestClient({
    refreshToken: keeper.token,
    systemId: options.systemId,
    controlCenterDisplayName: options.systemName,
  });
  keeper.attach(rest);
  boundRequests(rest, options);
  boundSessions(rest, options);
  signal.addEventListener("abort", () => rest.clearTimeouts(), { once: true });
  return {
    rest,
    async request(doing, request, limits) {
      const timeoutMs = limits.timeoutMs ?? options.requestTimeoutMs;
      try {
        return await withDeadline(
          `Ring's answer to a request to ${doing}`,
          timeoutMs,
          clock,
          (limit) => rest.request<unknown>({ ...request, headers: { ...request.headers }, signal: limit }),
          composeSignals(limits.signal, signal),
        );
      } catch (error) {
        limits.signal.throwIfAborted();
        signal.throwIfAborted();
        throw translateError(error, doing, clock.now());
      }
    },
  };
}

type LibraryRequest = Parameters<RingRestClient["request"]>[0];

/** Every request, also the library's own, ends: by answer, deadline or the end of the client. */
function boundRequests(rest: RingRestClient, options: RingClientOptions): void {
  const original = rest.request.bind(rest);
  const repeats = new WeakMap<object, number>();
  rest.request = async <T>(request: LibraryRequest) => {
    const count = repeats.get(request);
    if (count !== undefined) {
      repeats.set(request, count + 1);
      request.signal?.throwIfAborted();
      if (count < mostRepeats) return await original<T>(request);
      throw new TransientError("ring.repeats", `Ring refuses ${pathOf(request.url)} again and again`);
    }
    const parent = composeSignals(options.signal, request.signal ?? undefined);
    const bounded = async (signal: AbortSignal) => {
      // Without `allowNoResponse` the library repeats an unanswered request every 5 s for ever.
      const own = { ...request, allowNoResponse: true, signal };
      repeats.set(own, 0);
      return await original<T>(own);
    };
    if (request.signal) return await bounded(parent);
    return await withDeadline(pathOf(request.url), options.requestTimeoutMs, options.clock, bounded, parent);
  };
}

/** A failed attempt to make a session would be remembered for 12 hours, and an unanswered one repeated for ever. */
function boundSessions(rest: RingRestClient, options: RingClientOptions): void {
  let lastUnauthorizedAt = Number.NEGATIVE_INFINITY;
  rest["fetchNewSession"] = async (auth: { access_token: string }) => {
    try {
      return await postSession(rest, auth.access_token, options);
    } catch (error) {
      const now = options.clock.monotonic();
      const isFirstUnauthorized = statusOf(error) === 401 && now - lastUnauthorizedAt > 60_000;
      if (statusOf(error) === 401) lastUnauthorizedAt = now;
      // The library renews the access token then and asks again.
      if (isFirstUnauthorized) throw error;
      rest["sessionPromise"] = undefined;
      throw translateError(error, "make a session", options.clock.now());
    }
  };
}

async function postSession(rest: RingRestClient, accessToken: string, options: RingClientOptions): Promise<unknown> {
  const hardwareId: unknown = await rest["hardwareIdPromise"];
  const device = { hardware_id: hardwareId, metadata: rest.baseSessionMetadata, os: "android" };
  const post = async (signal: AbortSignal): Promise<unknown> => {
    const response = await fetch(clientApi("session"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        authorization: `Bearer ${accessToken}`,
        "user-agent": "android:com.ringapp",
      },
      body: JSON.stringify({ device }),
      signal,
    });
    if (response.ok) return await response.json();
    await response.body?.cancel();
    const { status, headers } = response;
    throw Object.assign(new Error(`HTTP ${status}`), { response: { status, headers } });
  };
  return await withDeadline("Ring's session", options.requestTimeoutMs, options.clock, post, options.signal);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? `Ring's ${new URL(url).pathname}` : "a request to Ring";
}

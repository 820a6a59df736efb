// The RTSP protocol of one connection: what every request must have, who may ask, and which side answers.
import { type Clock, delay } from "../../../foundation/clock.ts";
import { AppError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { InterleavedFrame, RtspRequest, RtspResponse } from "../../formats/rtsp-message.ts";
import type { PublishDirectory } from "../../hub/publish-directory.ts";
import type { StreamDirectory, Viewer } from "../../hub/stream.ts";
import { refusalResponse } from "./refusal-policy.ts";
import type { RtspCredentials } from "./rtsp-credentials.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import { RtspPublishing } from "./rtsp-publishing.ts";
import { parseTarget, type RtspTarget } from "./rtsp-url.ts";
import { RtspViewing } from "./rtsp-viewing.ts";
import type { TransportFactory } from "./session-transport.ts";

export interface ConversationOptions {
  readonly streams: StreamDirectory;
  /** Without it nobody may publish. */
  readonly publishers: PublishDirectory | undefined;
  readonly credentials: RtspCredentials | undefined;
  /** Counts a failed login; false where its address has had too many lately. */
  readonly mayFailLogin: () => boolean;
  readonly limits: RtspLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the connection. */
  readonly signal: AbortSignal;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly transports: readonly TransportFactory[];
  /** What was played or published is over, and nothing else goes on. */
  readonly onNothingLeft: () => void;
}

const methods = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
const methodsNotHere = new Set(["ANNOUNCE", "RECORD", "REDIRECT"]);
const ok: RtspResponse = { status: 200 };

export class RtspConversation implements Disposable {
  readonly #options: ConversationOptions;
  readonly #viewing: RtspViewing;
  readonly #publishing: RtspPublishing | undefined;
  #userAgent = "";
  #isLoggedIn: boolean;
  #failedLogins = 0;

  constructor(options: ConversationOptions) {
    const { publishers, clock, limits } = options;
    this.#options = options;
    this.#isLoggedIn = options.credentials === undefined;
    const endIfNothingGoesOn = (): void => {
      if (!this.isBusy) options.onNothingLeft();
    };
    this.#viewing = new RtspViewing({
      ...options,
      viewer: () => this.#viewer(),
      onSessionOver: endIfNothingGoesOn,
    });
    this.#publishing =
      publishers && new RtspPublishing({ publishers, clock, timeoutMs: limits.idleMs, onUnwanted: endIfNothingGoesOn });
  }

  /** Something is played or published. */
  get isBusy(): boolean {
    return this.#publishing?.isRecording || this.#viewing.isPlaying;
  }

  /** Never rejects. */
  async answer(request: RtspRequest): Promise<RtspResponse> {
    const { logger, remoteAddress } = this.#options;
    this.#userAgent = request.headers.get("user-agent")?.slice(0, 200) ?? this.#userAgent;
    let response: RtspResponse;
    try {
      response = this.#refusedAtOnce(request) ?? (await this.#logIn(request)) ?? (await this.#perform(request));
    } catch (error) {
      const isKnown = error instanceof AppError || this.#options.signal.aborted;
      if (!isKnown) logger.error(`An RTSP ${request.method} failed`, error);
      response = isKnown ? refusalResponse(error, this.#userAgent) : { status: 500 };
      logger.debug(() => `${remoteAddress} ${request.method} was refused`, error);
    }
    logger.debug(() => `${remoteAddress} ${request.method} ${this.#target(request).path}: ${response.status}`);
    return response;
  }

  /** An interleaved frame came in: its sender is alive. */
  receive({ channel, payload }: InterleavedFrame): void {
    this.#publishing?.receive(channel, payload);
    this.#viewing.touch();
  }

  /** Ends sessions whose viewer is gone, or does not watch. */
  reap(): void {
    this.#viewing.reap();
  }

  [Symbol.dispose](): void {
    this.#publishing?.[Symbol.dispose]();
    this.#viewing[Symbol.dispose]();
  }

  #refusedAtOnce(request: RtspRequest): RtspResponse | undefined {
    if (!/^\d{1,10}$/.test(request.headers.get("cseq") ?? "")) return { status: 400 };
    const required = request.headers.get("require");
    return required === undefined ? undefined : { status: 551, headers: [["Unsupported", required]] };
  }

  /** A connection logs in once. The answer where it has not, and this is not it. */
  async #logIn(request: RtspRequest): Promise<RtspResponse | undefined> {
    const { credentials, limits } = this.#options;
    if (this.#isLoggedIn || !credentials || request.method === "OPTIONS") return undefined;
    const verdict = credentials.check(request);
    if (verdict === "right") {
      this.#isLoggedIn = true;
      return undefined;
    }
    if (verdict === "wrong") await this.#failLogin();
    return {
      status: 401,
      headers: credentials.challenges(verdict === "stale").map((challenge) => ["WWW-Authenticate", challenge] as const),
      isLast: this.#failedLogins >= limits.failedLogins,
    };
  }

  /** Guessing is slow, and slower for an address that goes on with it. */
  async #failLogin(): Promise<void> {
    const { mayFailLogin, limits, clock, signal } = this.#options;
    const isPatient = mayFailLogin();
    this.#failedLogins = isPatient ? this.#failedLogins + 1 : limits.failedLogins;
    await delay(clock, isPatient ? limits.failedLoginDelayMs : limits.failedLoginDelayMs * 5, signal);
  }

  async #perform(request: RtspRequest): Promise<RtspResponse> {
    this.#viewing.touch();
    const target = this.#target(request);
    const answered = this.#publishing?.answer(request, target) ?? (await this.#viewing.answer(request, target));
    if (answered) return answered;
    switch (request.method) {
      case "OPTIONS":
        return this.#viewing.inAnySession(request, { status: 200, headers: [["Public", this.#methods]] });
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return this.#viewing.inAnySession(request, ok);
      default:
        return methodsNotHere.has(request.method)
          ? { status: 405, headers: [["Allow", this.#methods]] }
          : { status: 501 };
    }
  }

  get #methods(): string {
    return this.#publishing ? `${methods}, ANNOUNCE, RECORD` : methods;
  }

  #target(request: RtspRequest): RtspTarget {
    const { localAddress, localPort } = this.#options;
    const host = localAddress.includes(":") ? `[${localAddress}]` : localAddress;
    return parseTarget(request.url, `${host}:${localPort}`);
  }

  #viewer(): Viewer {
    return { kind: "rtsp", address: this.#options.remoteAddress, userAgent: this.#userAgent };
  }
}

// The RTSP protocol of one connection: which answer a request gets, and the sessions that come of it.
import { createHash } from "node:crypto";
import { type Clock, delay } from "../../../foundation/clock.ts";
import { AppError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { sessionDescription } from "../../formats/session-description.ts";
import type { Track } from "../../formats/track.ts";
import type { PublishDirectory } from "../../hub/publish-directory.ts";
import type { Stream, StreamDirectory, Viewer } from "../../hub/stream.ts";
import { refusalResponse } from "./refusal-policy.ts";
import type { RtspCredentials } from "./rtsp-credentials.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import type { InterleavedFrame, RtspRequest, RtspResponse } from "./rtsp-message.ts";
import { RtspPublishing } from "./rtsp-publishing.ts";
import { RtspSession } from "./rtsp-session.ts";
import { parseTarget, type RtspTarget } from "./rtsp-url.ts";
import type { TransportFactory } from "./session-transport.ts";
import { parseTransport, type TransportChoice } from "./transport-header.ts";

export interface ConversationOptions {
  readonly streams: StreamDirectory;
  /** Without it nobody may publish. */
  readonly publishers: PublishDirectory | undefined;
  readonly credentials: RtspCredentials | undefined;
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
  readonly #sessions = new Map<string, RtspSession>();
  /** What this client was told, by path. */
  readonly #described = new Map<string, readonly Track[]>();
  readonly #publishing: RtspPublishing | undefined;
  #userAgent = "";
  #isLoggedIn: boolean;
  #failedLogins = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#isLoggedIn = options.credentials === undefined;
    const { publishers, clock, limits } = options;
    this.#publishing =
      publishers &&
      new RtspPublishing({ publishers, clock, timeoutMs: limits.idleMs, onUnwanted: () => this.#endIfNothingGoesOn() });
  }

  /** Something is played or published. */
  get isBusy(): boolean {
    return this.#publishing?.isRecording || [...this.#sessions.values()].some((session) => session.isPlaying);
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
    const now = this.#options.clock.monotonic();
    for (const session of this.#sessions.values()) session.lastUsedMs = now;
  }

  /** Ends sessions that neither play nor are asked for. */
  reap(): void {
    const oldest = this.#options.clock.monotonic() - this.#options.limits.idleMs;
    for (const session of this.#sessions.values())
      if (!session.isPlaying && session.lastUsedMs < oldest) this.#end(session);
  }

  [Symbol.dispose](): void {
    this.#publishing?.[Symbol.dispose]();
    for (const session of this.#sessions.values()) this.#end(session);
  }

  #refusedAtOnce(request: RtspRequest): RtspResponse | undefined {
    if (!/^\d{1,10}$/.test(request.headers.get("cseq") ?? "")) return { status: 400 };
    const required = request.headers.get("require");
    return required === undefined ? undefined : { status: 551, headers: [["Unsupported", required]] };
  }

  /** A connection logs in once. The answer where it has not, and this is not it. */
  async #logIn(request: RtspRequest): Promise<RtspResponse | undefined> {
    const { credentials, limits, clock, signal } = this.#options;
    if (this.#isLoggedIn || !credentials || request.method === "OPTIONS") return undefined;
    const verdict = credentials.check(request);
    if (verdict === "right") {
      this.#isLoggedIn = true;
      return undefined;
    }
    if (verdict === "wrong") {
      this.#failedLogins++;
      await delay(clock, limits.failedLoginDelayMs, signal);
    }
    return {
      status: 401,
      headers: credentials.challenges(verdict === "stale").map((challenge) => ["WWW-Authenticate", challenge] as const),
      isLast: this.#failedLogins >= limits.failedLogins,
    };
  }

  async #perform(request: RtspRequest): Promise<RtspResponse> {
    const published = this.#publishing?.answer(request, this.#target(request));
    if (published) return published;
    switch (request.method) {
      case "OPTIONS":
        return this.#inAnySession(request, { status: 200, headers: [["Public", this.#methods]] });
      case "DESCRIBE":
        return await this.#describe(request);
      case "SETUP":
        return await this.#setUp(request);
      case "PLAY":
        return this.#inSession(request, (session) => this.#play(request, session));
      case "PAUSE":
        return this.#inSession(request, (session) => this.#pause(request, session));
      case "TEARDOWN":
        return this.#inSession(request, (session) => this.#tearDown(request, session));
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return this.#inAnySession(request, ok);
      default:
        return methodsNotHere.has(request.method)
          ? { status: 405, headers: [["Allow", this.#methods]] }
          : { status: 501 };
    }
  }

  get #methods(): string {
    return this.#publishing ? `${methods}, ANNOUNCE, RECORD` : methods;
  }

  async #describe(request: RtspRequest): Promise<RtspResponse> {
    const target = this.#target(request);
    const stream = this.#options.streams.find(target.path);
    if (!stream) return { status: 404 };
    if (!acceptsSdp(request.headers.get("accept"))) return { status: 406 };
    const tracks = await this.#tracks(stream);
    return {
      status: 200,
      headers: [
        ["Content-Base", target.base],
        ["Content-Type", "application/sdp"],
      ],
      body: this.#description(stream.path, tracks),
    };
  }

  async #tracks(stream: Stream): Promise<readonly Track[]> {
    const tracks = await stream.describe(this.#viewer(), this.#options.signal);
    this.#options.signal.throwIfAborted();
    this.#described.set(stream.path, tracks);
    return tracks;
  }

  #description(name: string, tracks: readonly Track[]): string {
    const fields = { tracks, name, address: this.#options.localAddress };
    const hash = createHash("sha256").update(sessionDescription({ ...fields, sessionId: "0" }));
    return sessionDescription({ ...fields, sessionId: String(hash.digest().readUInt32BE(0)) });
  }

  async #setUp(request: RtspRequest): Promise<RtspResponse> {
    const target = this.#target(request);
    const stream = this.#options.streams.find(target.path);
    if (!stream) return { status: 404 };
    const known = this.#sessionOf(request);
    if (known === "unknown") return { status: 454 };
    if (known?.failure) return this.#failed(known, known.failure.error);
    if (known && known.path !== stream.path) return { status: 459 };
    const described = this.#described.get(stream.path) ?? (await this.#tracks(stream));
    const track = target.track ?? (described.length === 1 ? 0 : undefined);
    if (track === undefined) return { status: 459 };
    if (!described[track]) return { status: 404 };
    if (known?.hasPlayed) return { status: 455 };
    const [choice, factory] = this.#chooseTransport(request.headers.get("transport") ?? "") ?? [];
    if (!choice || !factory) return { status: 461 };
    if (!known && this.#sessions.size >= this.#options.limits.sessionsPerConnection) return { status: 453 };
    const session = known ?? this.#open(stream, described, factory);
    const transport = session.setUp(track, request.url, choice);
    if (transport === undefined) {
      if (session.trackCount === 0) this.#end(session);
      return { status: 461 };
    }
    return { status: 200, headers: [["Transport", transport], this.#sessionHeader(session)] };
  }

  #chooseTransport(header: string): [TransportChoice, TransportFactory] | undefined {
    for (const choice of parseTransport(header)) {
      const factory = this.#options.transports.find((candidate) => candidate.accepts(choice));
      if (factory) return [choice, factory];
    }
    return undefined;
  }

  #open(stream: Stream, described: readonly Track[], factory: TransportFactory): RtspSession {
    const { clock, logger } = this.#options;
    const transport = factory.create();
    const onOver = (): void => {
      this.#end(session);
      this.#endIfNothingGoesOn();
    };
    const session = new RtspSession({ stream, viewer: this.#viewer(), described, transport, clock, logger, onOver });
    this.#sessions.set(session.id, session);
    return session;
  }

  #play(request: RtspRequest, session: RtspSession): RtspResponse {
    if (this.#namesTrackOfSeveral(request, session)) return { status: 460 };
    session.play();
    const headers: [string, string][] = [
      ["Range", "npt=0.000-"],
      ["RTP-Info", session.rtpInfo()],
    ];
    return { status: 200, headers, afterWrite: () => session.release() };
  }

  #pause(request: RtspRequest, session: RtspSession): RtspResponse {
    if (this.#namesTrackOfSeveral(request, session)) return { status: 460 };
    session.pause();
    return ok;
  }

  /** VLC gives up single tracks; the session ends with the last. */
  #tearDown(request: RtspRequest, session: RtspSession): RtspResponse {
    const { track } = this.#target(request);
    if (track === undefined || session.remove(track)) this.#end(session);
    return ok;
  }

  #namesTrackOfSeveral(request: RtspRequest, session: RtspSession): boolean {
    return this.#target(request).track !== undefined && session.trackCount > 1;
  }

  /** The answer of a request that must name a session. */
  #inSession(request: RtspRequest, perform: (session: RtspSession) => RtspResponse): RtspResponse {
    const session = this.#sessionOf(request);
    if (!session || session === "unknown") return { status: 454 };
    if (session.failure) return this.#failed(session, session.failure.error);
    const response = perform(session);
    return { ...response, headers: [...(response.headers ?? []), this.#sessionHeader(session)] };
  }

  /** The answer of a request that may name a session, and keeps it alive then. */
  #inAnySession(request: RtspRequest, response: RtspResponse): RtspResponse {
    return request.headers.has("session") ? this.#inSession(request, () => response) : response;
  }

  /** The stream ended before the client came to play it. */
  #failed(session: RtspSession, error: unknown): RtspResponse {
    this.#end(session);
    return refusalResponse(error, this.#userAgent);
  }

  #sessionOf(request: RtspRequest): RtspSession | "unknown" | undefined {
    const header = request.headers.get("session");
    if (header === undefined) return undefined;
    const session = this.#sessions.get((header.split(";", 1)[0] ?? "").trim());
    if (session) session.lastUsedMs = this.#options.clock.monotonic();
    return session ?? "unknown";
  }

  #sessionHeader(session: RtspSession): readonly [string, string] {
    return ["Session", `${session.id};timeout=${Math.ceil(this.#options.limits.idleMs / 1000)}`];
  }

  #target(request: RtspRequest): RtspTarget {
    const { localAddress, localPort } = this.#options;
    const host = localAddress.includes(":") ? `[${localAddress}]` : localAddress;
    return parseTarget(request.url, `${host}:${localPort}`);
  }

  #endIfNothingGoesOn(): void {
    if (!this.isBusy) this.#options.onNothingLeft();
  }

  #viewer(): Viewer {
    return { kind: "rtsp", address: this.#options.remoteAddress, userAgent: this.#userAgent };
  }

  #end(session: RtspSession): void {
    this.#sessions.delete(session.id);
    session[Symbol.dispose]();
  }
}

function acceptsSdp(accept: string | undefined): boolean {
  return accept === undefined || /application\/(sdp|\*)|\*\/\*/i.test(accept);
}

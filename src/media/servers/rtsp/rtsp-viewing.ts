// The viewing side of a connection: DESCRIBE to TEARDOWN, and the sessions that come of it.
import { createHash } from "node:crypto";
import type { Clock } from "../../../foundation/clock.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { RtspRequest, RtspResponse } from "../../formats/rtsp-message.ts";
import { sessionDescription } from "../../formats/session-description.ts";
import type { Track } from "../../formats/track.ts";
import type { Stream, StreamDirectory, Viewer } from "../../hub/stream.ts";
import { refusalResponse } from "./refusal-policy.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import { RtspSession } from "./rtsp-session.ts";
import type { RtspTarget } from "./rtsp-url.ts";
import type { TransportFactory } from "./session-transport.ts";
import { parseTransport, type TransportChoice } from "./transport-header.ts";

export interface ViewingOptions {
  readonly streams: StreamDirectory;
  readonly limits: RtspLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the connection. */
  readonly signal: AbortSignal;
  /** Ours, as the client sees it. */
  readonly localAddress: string;
  readonly transports: readonly TransportFactory[];
  /** Who asks, as far as is known by now. */
  readonly viewer: () => Viewer;
  /** The stream of a session that was playing is over. */
  readonly onSessionOver: () => void;
}

const ok: RtspResponse = { status: 200 };

export class RtspViewing implements Disposable {
  readonly #options: ViewingOptions;
  readonly #sessions = new Map<string, RtspSession>();
  /** What this client was told, by path. */
  readonly #described = new Map<string, readonly Track[]>();

  constructor(options: ViewingOptions) {
    this.#options = options;
  }

  get isPlaying(): boolean {
    return [...this.#sessions.values()].some((session) => session.isPlaying);
  }

  /** The client has shown that it is there. */
  touch(): void {
    for (const session of this.#sessions.values()) session.touch();
  }

  /** Ends sessions whose viewer is gone, or does not watch. */
  reap(): void {
    const { limits } = this.#options;
    for (const session of this.#sessions.values()) {
      if (session.isAbandoned(limits.idleMs)) this.#end(session, "nothing was heard of it any more");
      else if (session.isStill(limits)) this.#end(session, "it was paused for too long");
    }
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions.values()) this.#end(session);
  }

  /** Undefined for methods that are not of this side. Rejects where the stream refuses. */
  async answer(request: RtspRequest, target: RtspTarget): Promise<RtspResponse | undefined> {
    switch (request.method) {
      case "DESCRIBE":
        return await this.#describe(request, target);
      case "SETUP":
        return await this.#setUp(request, target);
      case "PLAY":
        return this.#inSession(request, (session) => this.#play(target, session));
      case "PAUSE":
        return this.#inSession(request, (session) => this.#pause(target, session));
      case "TEARDOWN":
        return this.#inSession(request, (session) => this.#tearDown(target, session));
      default:
        return undefined;
    }
  }

  /** The answer of a request that may name a session. */
  inAnySession(request: RtspRequest, response: RtspResponse): RtspResponse {
    return request.headers.has("session") ? this.#inSession(request, () => response) : response;
  }

  async #describe(request: RtspRequest, target: RtspTarget): Promise<RtspResponse> {
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
    const tracks = await stream.describe(this.#options.viewer(), this.#options.signal);
    this.#options.signal.throwIfAborted();
    this.#described.set(stream.path, tracks);
    return tracks;
  }

  #description(name: string, tracks: readonly Track[]): string {
    const fields = { tracks, name, address: this.#options.localAddress };
    const hash = createHash("sha256").update(sessionDescription({ ...fields, sessionId: "0" }));
    return sessionDescription({ ...fields, sessionId: String(hash.digest().readUInt32BE(0)) });
  }

  async #setUp(request: RtspRequest, target: RtspTarget): Promise<RtspResponse> {
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
    const choices = parseTransport(request.headers.get("transport") ?? "");
    if (known) return this.#setUpTrack(request, known, track, choices);
    return this.#setUpFirstTrack(request, stream, track, choices);
  }

  #setUpFirstTrack(
    request: RtspRequest,
    stream: Stream,
    track: number,
    choices: readonly TransportChoice[],
  ): RtspResponse {
    const { transports, limits } = this.#options;
    const factory = choices
      .map((choice) => transports.find((candidate) => candidate.accepts(choice)))
      .find((candidate) => candidate !== undefined);
    if (!factory) return { status: 461 };
    if (this.#sessions.size >= limits.sessionsPerConnection) return { status: 453 };
    const session = this.#open(stream, factory);
    const response = this.#setUpTrack(request, session, track, choices);
    if (session.trackCount === 0) this.#end(session);
    else this.#endReplacedBy(session);
    return response;
  }

  /** A session has one kind of transport: that of its first track. */
  #setUpTrack(
    request: RtspRequest,
    session: RtspSession,
    track: number,
    choices: readonly TransportChoice[],
  ): RtspResponse {
    const choice = choices.find((candidate) => session.accepts(candidate));
    const transport = choice && session.setUp(track, request.url, choice);
    if (transport === undefined) return { status: 461 };
    return { status: 200, headers: [["Transport", transport], this.#sessionHeader(session)] };
  }

  #open(stream: Stream, factory: TransportFactory): RtspSession {
    const { clock, logger, viewer, onSessionOver, limits } = this.#options;
    const onOver = (): void => {
      this.#end(session);
      onSessionOver();
    };
    const described = this.#described.get(stream.path) ?? [];
    const transport = factory.create();
    const session = new RtspSession({
      ...{ stream, viewer: viewer(), described, transport, clock, logger, onOver },
      flushMs: limits.flushMs,
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** FFmpeg that gets nothing by UDP pauses its session and sets up another one by TCP, without taking the first one down. */
  #endReplacedBy(session: RtspSession): void {
    for (const other of this.#sessions.values())
      if (other !== session && other.path === session.path && other.isPaused) this.#end(other);
  }

  #play(target: RtspTarget, session: RtspSession): RtspResponse {
    if (namesTrackOfSeveral(target, session)) return { status: 460 };
    session.play();
    const headers: [string, string][] = [
      ["Range", "npt=0.000-"],
      ["RTP-Info", session.rtpInfo()],
    ];
    return { status: 200, headers, afterWrite: () => session.release() };
  }

  #pause(target: RtspTarget, session: RtspSession): RtspResponse {
    if (namesTrackOfSeveral(target, session)) return { status: 460 };
    session.pause();
    return ok;
  }

  /** VLC gives up single tracks; the session ends with the last. */
  #tearDown({ track }: RtspTarget, session: RtspSession): RtspResponse {
    if (track === undefined || session.remove(track)) this.#end(session);
    return ok;
  }

  /** The answer of a request that must name a session. */
  #inSession(request: RtspRequest, perform: (session: RtspSession) => RtspResponse): RtspResponse {
    const session = this.#sessionOf(request);
    if (!session || session === "unknown") return { status: 454 };
    if (session.failure) return this.#failed(session, session.failure.error);
    const response = perform(session);
    return { ...response, headers: [...(response.headers ?? []), this.#sessionHeader(session)] };
  }

  /** The stream ended before the client came to play it. */
  #failed(session: RtspSession, error: unknown): RtspResponse {
    this.#end(session);
    return refusalResponse(error, this.#options.viewer().userAgent);
  }

  #sessionOf(request: RtspRequest): RtspSession | "unknown" | undefined {
    const header = request.headers.get("session");
    if (header === undefined) return undefined;
    return this.#sessions.get((header.split(";", 1)[0] ?? "").trim()) ?? "unknown";
  }

  #sessionHeader(session: RtspSession): readonly [string, string] {
    return ["Session", `${session.id};timeout=${Math.ceil(this.#options.limits.idleMs / 1000)}`];
  }

  #end(session: RtspSession, why?: string): void {
    this.#sessions.delete(session.id);
    session.end(why);
  }
}

function namesTrackOfSeveral({ track }: RtspTarget, session: RtspSession): boolean {
  return track !== undefined && session.trackCount > 1;
}

function acceptsSdp(accept: string | undefined): boolean {
  return accept === undefined || /application\/(sdp|\*)|\*\/\*/i.test(accept);
}

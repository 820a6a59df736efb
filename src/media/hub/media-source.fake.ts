// A source that tests play by hand.
import { onAbort } from "../../foundation/abort.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { MediaSession, MediaSink, MediaSource, SourceTrackKind } from "./media-source.ts";

/** One opened session of it. */
export class FakeSession implements MediaSession {
  readonly ended: Promise<Error | undefined>;
  keyFrameRequests = 0;
  isClosed = false;
  /** While set, hanging up takes as long as it does. */
  gate: Promise<void> | undefined;
  readonly #sink: MediaSink;
  readonly #end: (error: Error | undefined) => void;

  constructor(sink: MediaSink) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#sink = sink;
    this.ended = promise;
    this.#end = resolve;
  }

  get sink(): MediaSink {
    return this.#sink;
  }

  send(kind: SourceTrackKind, packets: readonly RtpPacket[], nowMs: number): void {
    for (const packet of packets) this.#sink.packet(kind, packet, nowMs);
  }

  /** It breaks, or comes to its end. */
  end(error?: Error): void {
    this.#end(error);
  }

  requestKeyFrame(): void {
    this.keyFrameRequests++;
  }

  close(): void {
    this.isClosed = true;
    this.#end(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
    await this.gate;
  }
}

export class FakeSource implements MediaSource {
  readonly sessions: FakeSession[] = [];
  /** Taken by the next openings, one each. */
  readonly failures: Error[] = [];
  openings = 0;
  /** While set, openings wait for it. */
  gate: Promise<void> | undefined;

  async open(sink: MediaSink, signal: AbortSignal): Promise<MediaSession> {
    this.openings++;
    signal.throwIfAborted();
    await this.gate;
    const failure = this.failures.shift();
    if (failure) throw failure;
    const session = new FakeSession(sink);
    onAbort(signal, () => session.close());
    this.sessions.push(session);
    return session;
  }

  /** The newest session. */
  get session(): FakeSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error("The source has not been opened");
    return session;
  }
}

// Where publishers and streams meet: a source waits at its path until somebody publishes there, and forwards what comes.
import { onAbort, StopError } from "../../foundation/abort.ts";
import { BugError } from "../../foundation/errors.ts";
import { kindOfTrack, type MediaSession, type MediaSink, type MediaSource, type SourceTrack } from "./media-source.ts";
import { type PublishDirectory, PublishRefusedError, type PublishSession } from "./publish-directory.ts";

/** A source that has been opened, before and while somebody publishes to it. */
interface Place {
  readonly sink: MediaSink;
  readonly resolve: (session: PublishedSession) => void;
  session: PublishedSession | undefined;
}

export class PublishedSources implements PublishDirectory {
  readonly #places = new Map<string, Place>();

  /**
   * A source whose `open` waits for a publisher at this path, as long as its signal lets it. Opened once at a time. It ends
   * without an error where the publisher says that it is done, with `publish.lost` where it is just gone.
   */
  source(path: string): MediaSource {
    return { open: (sink, signal) => this.#wait(path, sink, signal) };
  }

  open(path: string, tracks: readonly SourceTrack[]): PublishSession {
    const place = this.#places.get(path);
    if (!place) throw new PublishRefusedError("unknown", `Nothing is to be published at ${path} now`);
    if (place.session) throw new PublishRefusedError("taken", `Somebody publishes at ${path} already`);
    if (!tracks.some((track) => track.kind === "video"))
      throw new PublishRefusedError("unusable", "There is no H.264 video in what is to be published");
    if (new Set(tracks.map(kindOfTrack)).size < tracks.length)
      throw new PublishRefusedError("unusable", "There are several tracks of one kind in what is to be published");
    const session = new PublishedSession(place.sink, () => this.#forget(path, place));
    place.session = session;
    // Video last: when its parameter sets are known, everything is.
    if (tracks.every((track) => track.kind === "video")) place.sink.silent();
    for (const track of tracks) if (track.kind === "audio") place.sink.track(track);
    for (const track of tracks) if (track.kind === "video") place.sink.track(track);
    place.resolve(session);
    return session.publisher;
  }

  async #wait(path: string, sink: MediaSink, signal: AbortSignal): Promise<MediaSession> {
    signal.throwIfAborted();
    if (this.#places.has(path)) throw new BugError(`A source waits for a publisher at ${path} already`);
    const { promise, resolve, reject } = Promise.withResolvers<PublishedSession>();
    const place: Place = { sink, resolve, session: undefined };
    this.#places.set(path, place);
    onAbort(signal, (reason) => {
      place.session?.close();
      this.#forget(path, place);
      reject(reason);
    });
    return await promise;
  }

  #forget(path: string, place: Place): void {
    if (this.#places.get(path) === place) this.#places.delete(path);
  }
}

/** One publication: for the stream a session of a source, for the server its `publisher`. */
class PublishedSession implements MediaSession {
  readonly ended: Promise<Error | undefined>;
  readonly publisher: PublishSession;
  readonly #unwanted = new AbortController();
  readonly #end: (error: Error | undefined) => void;

  constructor(sink: MediaSink, onOver: () => void) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    let isOver = false;
    this.#end = (error) => {
      if (isOver) return;
      isOver = true;
      onOver();
      resolve(error);
    };
    this.publisher = {
      unwanted: this.#unwanted.signal,
      packet: (kind, packet, arrivedAtMs) => void (isOver || sink.packet(kind, packet, arrivedAtMs)),
      senderReport: (kind, timestamp, senderMs) => void (isOver || sink.senderReport(kind, timestamp, senderMs)),
      close: (error) => this.#end(error),
    };
  }

  /** What is published cannot be asked for key frames: it brings its own. */
  requestKeyFrame(): void {}

  close(): void {
    this.#end(undefined);
    this.#unwanted.abort(new StopError("closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }
}

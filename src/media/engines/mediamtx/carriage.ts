// One stream on its way to MediaMTX: a lease on it, an FFmpeg that carries it, and a lease for each further reader there.
import { abortable, aborted, composeSignals, onAbort, StopError } from "../../../foundation/abort.ts";
import { type Clock, delay } from "../../../foundation/clock.ts";
import { errorCode, PermanentError, TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { StreamRefusedError } from "../../errors.ts";
import type { Track } from "../../formats/track.ts";
import type { Viewer } from "../../hub/stream.ts";
import { trackNumbers } from "../../hub/track-numbers.ts";
import { CarriageReaders, type SeenReader } from "./carriage-readers.ts";
import type { EngineLease, EngineStream } from "./engine-stream.ts";
import type { Feed } from "./feed.ts";
import type { Feeds } from "./feeds.ts";
import type { Publication } from "./publishing/publish-relay.ts";

/** What happens to the sound on the way; see media/ffmpeg. */
export type CarriedSound = "encode" | "copy" | "none";

/** FFmpeg. */
export interface Publisher {
  publish(
    urls: { readonly input: string; readonly output: string },
    sound: CarriedSound,
    signal: AbortSignal,
  ): Promise<{ readonly ended: Promise<Error> }>;
}

export interface CarriageTools {
  readonly publisher: Publisher;
  readonly feeds: Feeds;
  /** Where FFmpeg reads a feed. */
  readonly feedUrl: (feedPath: string) => string;
}

/** What has been found out about the sound of a camera. */
export interface Hearing {
  isSilent: boolean;
  /** It has some, but that begins late. */
  isLate: boolean;
}

export interface CarriageOptions extends CarriageTools {
  readonly stream: EngineStream;
  /** Who may have caused it, as far as MediaMTX tells, the most likely first. */
  readonly findStarters: () => Promise<readonly Viewer[]>;
  /** Where FFmpeg publishes. Nothing goes on to MediaMTX before somebody reads there, for a while. */
  readonly openPublication: (isRecording: boolean) => Promise<Publication>;
  /** Whether the camera sends sound, as far as is known; kept for the next time. */
  readonly hearing: Hearing;
  /** It is decided that it ends without having been told to: readers at MediaMTX must be sent away. */
  readonly onFailed: (error: Error) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** FFmpeg may fail so often before anything is published. */
const mostAttempts = 3;
const pauseMs = 200;
/** From the first picture to being there at MediaMTX. */
const publishMs = 8_000;
/** A camera that sends pictures and no sound for so long is taken for one without; if it was wrong, it is given more time afterwards. */
const silenceMs = { usual: 1_200, late: 5_000 } as const;
/** Of a reader who is there for so long we should have been told that it reads. */
const heardOfMs = 1_000;
/** A recording is over when all of it has gone on to MediaMTX; so long that may take. */
const farewellMs = 3_000;

type RunEnd = { readonly kind: "silent" } | { readonly kind: "over"; readonly error: Error };

export class Carriage {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly over: Promise<void>;
  readonly #options: CarriageOptions;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #isRecording: boolean;
  readonly #readers: CarriageReaders;
  #isPublished = false;
  #lease: EngineLease | undefined;
  #described: readonly Track[] = [];
  #publication: Publication | undefined;

  constructor(options: CarriageOptions) {
    this.#options = options;
    this.#signal = composeSignals(options.signal, this.#controller.signal);
    this.#isRecording = options.stream.path.endsWith("_event");
    this.#readers = new CarriageReaders({ ...options, lease: () => this.#lease });
    this.over = this.#run();
  }

  /** It has been told to end, or has failed. */
  get isEnding(): boolean {
    return this.#signal.aborted;
  }

  /** It is read at MediaMTX, or can be. */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /** For how long nobody has read it at MediaMTX, since it is there; undefined while somebody does. */
  get unreadMs(): number | undefined {
    return this.#isPublished ? this.#readers.absentMs : undefined;
  }

  /** Who reads it at MediaMTX. */
  seen(readers: readonly SeenReader[], isHls: boolean): void {
    if (!this.#isPublished) return;
    this.#readers.update(readers, isHls);
    if ((this.#readers.presentMs ?? 0) > heardOfMs) this.#publication?.release();
  }

  /** Somebody begins to read. */
  readerJoined(): void {
    this.#readers.joined();
    this.#publication?.release();
  }

  end(): void {
    this.#controller.abort(new StopError("closed"));
  }

  async #run(): Promise<void> {
    try {
      await this.#carryOn();
    } catch (error) {
      if (!this.#signal.aborted) this.#options.onFailed(asError(error));
    } finally {
      this.end();
      this.#readers[Symbol.dispose]();
      this.#lease?.[Symbol.dispose]();
    }
  }

  /** Rejects when it is over; before it was published a failure is tried again. */
  async #carryOn(): Promise<void> {
    const { stream, findStarters, hearing, clock, logger } = this.#options;
    const starters = await findStarters();
    this.#signal.throwIfAborted();
    for (let attempt = 1; ; attempt++) {
      const end = await this.#carry(await this.#takeLease(starters));
      this.#signal.throwIfAborted();
      if (end.kind === "silent") {
        hearing.isSilent = true;
        continue;
      }
      if (this.#isPublished || !isWorthRetrying(end.error) || attempt >= mostAttempts) throw end.error;
      logger.debug(`${stream.path} could not be published; trying it again`, end.error);
      await delay(clock, pauseMs, this.#signal);
    }
  }

  /** For the first who may have it: only where none may, all who wait are sent away. */
  async #takeLease(starters: readonly Viewer[]): Promise<EngineLease> {
    const previous = this.#lease;
    let refusal: unknown;
    for (const viewer of previous ? [previous.viewer] : starters) {
      try {
        this.#lease = await this.#leaseFor(viewer);
        previous?.[Symbol.dispose]();
        return this.#lease;
      } catch (error) {
        if (!isOfOneViewer(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  /** On what FFmpeg is going to be told of the stream: else it would have to ask again where something else comes. */
  async #leaseFor(viewer: Viewer): Promise<EngineLease> {
    const { stream } = this.#options;
    this.#described = await stream.describe(viewer, this.#signal);
    return stream.lease(viewer, this.#described);
  }

  /** Resolves when FFmpeg is gone, or the stream is over. */
  async #carry(lease: EngineLease): Promise<RunEnd> {
    const { stream, publisher, feeds, feedUrl, openPublication } = this.#options;
    const run = new AbortController();
    const signal = composeSignals(this.#signal, run.signal);
    const sound = this.#chooseSound();
    using open = feeds.open(stream.path, { stream, lease, viewer: lease.viewer, tracks: tracksFor(sound) });
    let ended: Promise<Error> | undefined;
    try {
      using publication = await openPublication(this.#isRecording);
      this.#publication = publication;
      void open.feed.firstPicture.then(() => publication.expect());
      const urls = { input: feedUrl(open.feed.path), output: publication.url };
      ({ ended } = await publisher.publish(urls, sound, signal));
      const isPublished = publication.published.then(() => this.#noticePublished());
      const isLost = isPublished.then(() => publication.lost);
      return await Promise.race([
        ended.then((error) => (lease.ended.aborted ? this.#afterLast(lease, publication) : over(error))),
        aborted(lease.ended).then(() => this.#afterLast(lease, publication)),
        isLost.then(() => over(new TransientError("mediamtx.publish", "MediaMTX has let go of the stream"))),
        this.#watch(open.feed, sound, isPublished, signal),
      ]);
    } catch (error) {
      return over(asError(error));
    } finally {
      run.abort(new StopError("closed"));
      await ended;
    }
  }

  #chooseSound(): CarriedSound {
    if (this.#described.every(({ kind }) => kind === "video")) return "none";
    if (this.#isRecording) return "copy";
    return this.#options.hearing.isSilent ? "none" : "encode";
  }

  #noticePublished(): void {
    this.#isPublished = true;
    this.#readers.begin();
  }

  /** What FFmpeg still has of a recording belongs to it; of a camera nobody needs it. */
  async #afterLast(lease: EngineLease, publication: Publication): Promise<RunEnd> {
    const isWhole = errorCode(lease.ended.reason) === "stream.finished";
    if (this.#isRecording && isWhole)
      await Promise.race([publication.done, delay(this.#options.clock, farewellMs, this.#signal)]);
    return over(asError(lease.ended.reason));
  }

  /** Resolves when it goes on for too long without being published. */
  async #watch(feed: Feed, sound: CarriedSound, isPublished: Promise<void>, signal: AbortSignal): Promise<RunEnd> {
    const { clock, hearing } = this.#options;
    void feed.firstSound.then(() => {
      hearing.isLate ||= hearing.isSilent;
      hearing.isSilent = false;
    });
    try {
      await abortable(feed.firstPicture, signal);
      await Promise.race([feed.firstSound, delay(clock, silenceMs[hearing.isLate ? "late" : "usual"], signal)]);
      if (sound === "encode" && !feed.hasSound) return { kind: "silent" };
      await Promise.race([isPublished, delay(clock, publishMs, signal)]);
    } catch {
      // The run is over; its own end counts.
    }
    if (!this.#isPublished && !signal.aborted)
      return over(new TransientError("mediamtx.publish", "FFmpeg has pictures, but does not publish them to MediaMTX"));
    return await new Promise<RunEnd>((resolve) => {
      onAbort(signal, () => resolve(over(new StopError("closed"))));
    });
  }
}

function over(error: Error): RunEnd {
  return { kind: "over", error };
}

function tracksFor(sound: CarriedSound): readonly number[] {
  const { video, aac, audio } = trackNumbers;
  if (sound === "none") return [video];
  return sound === "copy" ? [video, aac, audio] : [video, audio];
}

/** Somebody else may have the stream. */
function isOfOneViewer(error: unknown): boolean {
  return error instanceof StreamRefusedError && (error.refusal === "paused" || error.refusal === "budget");
}

/** Failures of FFmpeg, and a camera that sends something else than it did last time. */
function isWorthRetrying(error: Error): boolean {
  if (error instanceof PermanentError) return false;
  const code = errorCode(error);
  return code.startsWith("ffmpeg.") || code === "stream.described-wrongly";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TransientError("mediamtx.publish", String(error));
}

// One stream on its way to MediaMTX: a lease on it, an FFmpeg that carries it, and a lease for each further reader there.
import { abortable, aborted, composeSignals, onAbort, StopError } from "../../../foundation/abort.ts";
import { type Clock, delay } from "../../../foundation/clock.ts";
import { errorCode, PermanentError, TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Viewer } from "../../hub/stream.ts";
import { trackNumbers } from "../../hub/track-numbers.ts";
import { CarriageReaders, type SeenReader } from "./carriage-readers.ts";
import type { EngineLease, EngineStream } from "./engine-stream.ts";
import type { Feed } from "./feed.ts";
import type { Feeds } from "./feeds.ts";
import type { PublishPass } from "./publish-passes.ts";

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

export interface CarriageOptions extends CarriageTools {
  readonly stream: EngineStream;
  /** Who caused it, as far as MediaMTX tells. */
  readonly findStarter: () => Promise<Viewer>;
  readonly issuePass: () => PublishPass;
  /** Where FFmpeg publishes. */
  readonly publishUrl: (pass: PublishPass) => string;
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
/** A camera that sends pictures and no sound for so long is taken for one without. */
const silenceMs = 1_200;

type RunEnd = { readonly kind: "silent" } | { readonly kind: "over"; readonly error: Error };

export class Carriage {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly over: Promise<void>;
  readonly #options: CarriageOptions;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #published = Promise.withResolvers<void>();
  #isPublished = false;
  #sound: CarriedSound;
  #lease: EngineLease | undefined;
  #pass: PublishPass | undefined;
  readonly #readers: CarriageReaders;

  constructor(options: CarriageOptions) {
    this.#options = options;
    this.#signal = composeSignals(options.signal, this.#controller.signal);
    this.#sound = options.stream.path.endsWith("_event") ? "copy" : "encode";
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

  /** What MediaMTX says of it. */
  seen(isAvailable: boolean, readers: readonly SeenReader[], isHls: boolean): void {
    if (isAvailable && !this.#isPublished) {
      this.#isPublished = true;
      this.#published.resolve();
      // It is good for nothing more.
      this.#pass?.revoke();
    }
    if (this.#isPublished) this.#readers.update(readers, isHls);
  }

  /** Somebody begins to read, and has to wait for a key frame. */
  readerJoined(): void {
    this.#readers.joined();
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
    const { stream, findStarter, clock, logger } = this.#options;
    const starter = await findStarter();
    this.#signal.throwIfAborted();
    for (let attempt = 1; ; attempt++) {
      const previous = this.#lease;
      this.#lease = stream.lease(previous?.viewer ?? starter);
      previous?.[Symbol.dispose]();
      const end = await this.#carry(this.#lease);
      this.#signal.throwIfAborted();
      if (end.kind === "silent") {
        this.#sound = "none";
        continue;
      }
      if (this.#isPublished || !isWorthRetrying(end.error) || attempt >= mostAttempts) throw end.error;
      logger.debug(`${stream.path} could not be published; trying it again`, end.error);
      await delay(clock, pauseMs, this.#signal);
    }
  }

  /** Resolves when FFmpeg is gone, or the stream is over. */
  async #carry(lease: EngineLease): Promise<RunEnd> {
    const { stream, publisher, feeds, feedUrl, publishUrl, issuePass } = this.#options;
    const run = new AbortController();
    const signal = composeSignals(this.#signal, run.signal);
    using open = feeds.open(stream.path, { stream, lease, viewer: lease.viewer, tracks: tracksFor(this.#sound) });
    const pass = issuePass();
    this.#pass = pass;
    let ended: Promise<Error> | undefined;
    try {
      const urls = { input: feedUrl(open.feed.path), output: publishUrl(pass) };
      ({ ended } = await publisher.publish(urls, this.#sound, signal));
      return await Promise.race([
        ended.then(over),
        aborted(lease.ended).then(() => over(asError(lease.ended.reason))),
        pass.refused.then(over),
        this.#watch(open.feed, signal),
      ]);
    } catch (error) {
      return over(asError(error));
    } finally {
      run.abort(new StopError("closed"));
      pass.revoke();
      await ended;
    }
  }

  /** Resolves when it goes on for too long without being published. */
  async #watch(feed: Feed, signal: AbortSignal): Promise<RunEnd> {
    const { clock } = this.#options;
    try {
      await abortable(feed.firstPicture, signal);
      await delay(clock, silenceMs, signal);
      if (this.#sound === "encode" && !feed.hasSound) return { kind: "silent" };
      await Promise.race([this.#published.promise, delay(clock, publishMs - silenceMs, signal)]);
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

/** Failures of FFmpeg, and a camera that sends something else than it did last time. */
function isWorthRetrying(error: Error): boolean {
  if (error instanceof PermanentError) return false;
  const code = errorCode(error);
  return code.startsWith("ffmpeg.") || code === "stream.described-wrongly";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TransientError("mediamtx.publish", String(error));
}

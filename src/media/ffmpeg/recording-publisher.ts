// Plays a recording into a stream: FFmpeg reads it in real time and publishes it to our internal RTSP listener.
import { createInterface } from "node:readline";
import { abortable, composeSignals, StopError } from "../../foundation/abort.ts";
import { Child, type ChildExit } from "../../foundation/child-process.ts";
import { type Clock, delay } from "../../foundation/clock.ts";
import { errorCode, PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import type { MediaSession, MediaSink, MediaSource } from "../hub/media-source.ts";
import { LoopbackFileServer } from "./loopback-file-server.ts";
import { chooseVideoHandling, playbackArguments, type VideoHandling } from "./recording-arguments.ts";
import { type RecordingFormat, readRecordingFormat } from "./recording-format.ts";
import type { ServedFile } from "./served-file.ts";
import { WaitingFilm } from "./waiting-film.ts";

/** A place at the internal listener that one publisher may fill. */
export interface Publication {
  readonly source: MediaSource;
  /** Its path is its credential. */
  readonly url: string;
}

export interface RecordingPublisherOptions {
  readonly ffmpegPath: string;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  /** A new place, each time. */
  readonly openPublication: () => Publication;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RecordingToPlay {
  readonly file: ServedFile;
  /** For messages: `the recording of ...`. */
  readonly title: string;
  /** Whatever it is: H.264 anew, with a key frame each second. */
  readonly isEncodingWanted: boolean;
}

export interface RecordingSession extends MediaSession {
  readonly format: RecordingFormat;
  readonly video: VideoHandling;
}

/** After the last packet FFmpeg has nothing to do but to say good-bye. */
const farewellMs = 2_000;

export class RecordingPublisher {
  readonly #options: RecordingPublisherOptions;

  constructor(options: RecordingPublisherOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it plays. `ended` resolves without an error at the end of the recording. Rejects with PermanentError
   * `recording.unreadable`, `recording.ffmpeg` or `child.missing`; aborting the signal stops it.
   */
  async play(recording: RecordingToPlay, sink: MediaSink, signal: AbortSignal): Promise<RecordingSession> {
    const format = await readRecordingFormat(recording.file, signal);
    const video = chooseVideoHandling(format, recording.isEncodingWanted);
    if (!video) {
      const codec = format.video === undefined ? "no picture" : `a picture that is ${format.video}`;
      throw new PermanentError("recording.unreadable", `${recording.title} has ${codec}; Belfry cannot play that`);
    }
    return await Playback.start({ ...this.#options, recording, format, video, sink, signal });
  }
}

interface PlaybackOptions extends RecordingPublisherOptions {
  readonly recording: RecordingToPlay;
  readonly format: RecordingFormat;
  readonly video: VideoHandling;
  readonly sink: MediaSink;
  readonly signal: AbortSignal;
}

class Playback implements RecordingSession {
  readonly format: RecordingFormat;
  readonly video: VideoHandling;
  readonly ended: Promise<Error | undefined>;
  readonly #options: PlaybackOptions;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #opened = Promise.withResolvers<void>();
  readonly #film: WaitingFilm;
  #lastComplaint = "";

  private constructor(options: PlaybackOptions) {
    this.#options = options;
    this.format = options.format;
    this.video = options.video;
    this.#signal = composeSignals(options.signal, this.#controller.signal);
    this.#film = new WaitingFilm(options.sink, options.clock);
    this.ended = this.#run();
  }

  static async start(options: PlaybackOptions): Promise<Playback> {
    const playback = new Playback(options);
    const error = await Promise.race([playback.#opened.promise, playback.ended]);
    options.signal.throwIfAborted();
    if (error) throw error;
    return playback;
  }

  /** FFmpeg brings the key frames of the recording, or one each second; but somebody waits for the first one. */
  requestKeyFrame(): void {
    this.#film.begin();
  }

  close(): void {
    this.#controller.abort(new StopError("closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }

  /** Never rejects; resolves when server and FFmpeg are gone. */
  async #run(): Promise<Error | undefined> {
    try {
      await this.#play();
      return undefined;
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      return error instanceof Error ? error : this.#failed(String(error));
    } finally {
      this.#film[Symbol.dispose]();
      this.close();
    }
  }

  async #play(): Promise<void> {
    const { recording, format, video, logger, openPublication, ffmpegPath, instance, clock } = this.#options;
    await using server = await LoopbackFileServer.start(recording.file, logger, this.#signal);
    const publication = openPublication();
    const args = playbackArguments({ input: server.url, output: publication.url }, format, video);
    // Waits for FFmpeg, which must find it waiting.
    const opening = publication.source.open(this.#film.sink, this.#signal);
    opening.catch(() => undefined);
    await using child = await Child.start({ command: ffmpegPath, args, instance, clock, signal: this.#signal }).catch(
      (error: unknown) => {
        throw this.#startError(error);
      },
    );
    createInterface({ input: child.stderr }).on("line", (line) => this.#hear(line));
    child.stdout.resume();
    const exited = child.exited.then((exit) => this.#assertDone(exit));
    exited.catch(() => undefined);
    const session = await Promise.race([opening, exited.then(() => this.#neverCame())]);
    this.#opened.resolve();
    await Promise.race([exited, session.ended.then(async (error) => this.#afterLast(error, exited))]);
    // What FFmpeg sent last may still be on its way to us.
    await Promise.race([session.ended, delay(clock, farewellMs, this.#signal)]);
    await abortable(this.#film.shown(), this.#signal);
  }

  async #afterLast(error: Error | undefined, exited: Promise<void>): Promise<void> {
    await Promise.race([exited, delay(this.#options.clock, farewellMs, this.#signal)]);
    if (error) throw this.#failed("the connection from FFmpeg broke", error);
  }

  #hear(line: string): void {
    this.#lastComplaint = line.slice(0, 300);
    this.#options.logger.debug(() => `FFmpeg (recording): ${line}`);
  }

  #assertDone({ code, signal }: ChildExit): void {
    if (code === 0) return;
    const why = this.#lastComplaint ? `: ${this.#lastComplaint}` : "";
    throw this.#failed(`FFmpeg ended (${signal ?? `code ${code}`})${why}`);
  }

  #neverCame(): never {
    throw this.#failed("there is nothing in it");
  }

  #failed(why: string, cause?: Error): PermanentError {
    const text = `${this.#options.recording.title} broke off: ${why}`;
    return new PermanentError("recording.ffmpeg", text, cause ? { cause } : {});
  }

  #startError(cause: unknown): Error {
    if (errorCode(cause) === "child.missing") {
      const text = "FFmpeg is not installed, or not on PATH; install it to play recordings";
      return new PermanentError("ffmpeg.missing", text, { cause });
    }
    return new TransientError("ffmpeg.start", "FFmpeg could not be started to play a recording", { cause });
  }
}

// An FFmpeg that carries one stream from our RTSP listener to another RTSP server, for as long as it is let.
import { createInterface } from "node:readline";
import { onAbort } from "../../foundation/abort.ts";
import { Child, type ChildExit } from "../../foundation/child-process.ts";
import type { Clock } from "../../foundation/clock.ts";
import { errorCode, PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { type CarriedSound, type PublishUrls, publishArguments } from "./publish-arguments.ts";

export interface StreamPublisherOptions {
  readonly ffmpegPath: string;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PublishedStream {
  /** Resolves with the reason when FFmpeg is gone. */
  readonly ended: Promise<Error>;
}

export class StreamPublisher {
  readonly #options: StreamPublisherOptions;

  constructor(options: StreamPublisherOptions) {
    this.#options = options;
  }

  /** Aborting the signal ends it. Rejects with PermanentError `ffmpeg.missing` or TransientError `ffmpeg.start`. */
  async publish(urls: PublishUrls, sound: CarriedSound, signal: AbortSignal): Promise<PublishedStream> {
    const { ffmpegPath, instance, clock, logger } = this.#options;
    const args = publishArguments(urls, sound);
    const child = await Child.start({ command: ffmpegPath, args, instance, clock, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw startError(ffmpegPath, error);
    });
    // It has nothing to finish: whoever reads from the other server is gone, or is to be sent away.
    const stop = onAbort(signal, () => void child.kill());
    let lastComplaint = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastComplaint = line.slice(0, 300);
      logger.debug(() => `FFmpeg (publishing): ${line}`);
    });
    child.stdout.resume();
    const ended = child.exited.then((exit) => {
      stop[Symbol.dispose]();
      return endedError(exit, lastComplaint);
    });
    return { ended };
  }
}

function endedError({ code, signal }: ChildExit, lastComplaint: string): Error {
  const why = lastComplaint ? `: ${lastComplaint}` : "";
  return new TransientError(
    "ffmpeg.ended",
    `FFmpeg ended while it published a stream (${signal ?? `code ${code}`})${why}`,
  );
}

function startError(ffmpegPath: string, cause: unknown): Error {
  if (errorCode(cause) !== "child.missing")
    return new TransientError("ffmpeg.start", "FFmpeg could not be started to publish a stream", { cause });
  return new PermanentError("ffmpeg.missing", `FFmpeg (${ffmpegPath}) is not installed; install it to have streams`, {
    cause,
  });
}

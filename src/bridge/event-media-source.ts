// The selected recording as a media source: downloaded from Ring, played in real time, over at its end.
import type { Clock } from "../foundation/clock.ts";
import { errorCode, errorText, PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { MediaSession, MediaSink, MediaSource } from "../media/hub/media-source.ts";
import { type DownloadLimits, RecordingDownload } from "../ring/history/recording-download.ts";
import { optionOf } from "./event-selection.ts";
import type { PlayableRecording } from "./shown-event.ts";

/** A recording that is played; `video`: whether its picture goes out as it is. */
export interface PlayedRecording extends MediaSession {
  readonly video: "copy" | "encode";
  /** Four letters: `avc1`, `hvc1`, ... */
  readonly format: { readonly video: string | undefined };
}

/** Makes a stream of a file that may still be on its way. The app supplies it. */
export interface RecordingPlayer {
  play(
    recording: {
      readonly file: Pick<RecordingDownload, "size" | "read">;
      readonly title: string;
      readonly isEncodingWanted: boolean;
    },
    sink: MediaSink,
    signal: AbortSignal,
  ): Promise<PlayedRecording>;
}

export interface EventMediaSourceOptions {
  readonly cameraName: () => string;
  readonly recordings: {
    toPlay(signal: AbortSignal): Promise<PlayableRecording>;
    renew(recording: PlayableRecording, signal: AbortSignal): Promise<PlayableRecording["link"]>;
  };
  readonly player: RecordingPlayer;
  readonly onPlay: (recording: PlayableRecording, played: PlayedRecording) => void;
  readonly downloadLimits?: Partial<DownloadLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Its errors are final: what can be tried again has been. */
export function eventMediaSource(options: EventMediaSourceOptions): MediaSource {
  return {
    async open(sink, signal) {
      try {
        return await openRecording(options, sink, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw final(error);
      }
    },
  };
}

async function openRecording(
  options: EventMediaSourceOptions,
  sink: MediaSink,
  signal: AbortSignal,
): Promise<MediaSession> {
  const { recordings, player, onPlay, cameraName, downloadLimits, clock, logger } = options;
  const recording = await recordings.toPlay(signal);
  const title = `The recording of ${cameraName()} (${optionOf(recording.selection)})`;
  const download = await RecordingDownload.open({
    link: recording.link,
    renew: (limited) => recordings.renew(recording, limited),
    title,
    ...(downloadLimits ? { limits: downloadLimits } : {}),
    clock,
    logger,
    signal,
  });
  try {
    const isEncodingWanted = recording.selection.isTranscoded;
    const played = await player.play({ file: download, title, isEncodingWanted }, sink, signal);
    onPlay(recording, played);
    return new EventSession(played, download);
  } catch (error) {
    const cause = download.failure ?? error;
    await download[Symbol.asyncDispose]();
    throw cause;
  }
}

class EventSession implements MediaSession {
  readonly ended: Promise<Error | undefined>;
  readonly #played: PlayedRecording;

  constructor(played: PlayedRecording, download: RecordingDownload) {
    this.#played = played;
    this.ended = played.ended.then(async (error) => {
      // A file that ends too early looks to FFmpeg like the end of the recording.
      const reason = download.failure ?? error;
      await download[Symbol.asyncDispose]();
      return reason && final(reason);
    });
  }

  requestKeyFrame(): void {
    this.#played.requestKeyFrame();
  }

  close(): void {
    this.#played.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }
}

function final(error: unknown): Error {
  if (error instanceof PermanentError) return error;
  return new PermanentError(errorCode(error), errorText(error), { cause: error });
}

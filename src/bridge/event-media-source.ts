// The selected recording as a media source: downloaded from Ring, played in real time, over at its end.
import { abortable } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { errorCode, errorText, PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { MediaSession, MediaSink, MediaSource } from "../media/hub/media-source.ts";
import { RecordingDownload } from "../ring/history/recording-download.ts";
import { optionOf } from "./event-selection.ts";
import type { RecordingShelf, TakenRecording } from "./recording-shelf.ts";
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
  readonly shelf: RecordingShelf;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the camera: a download goes on when the player who wanted it gives up. */
  readonly signal: AbortSignal;
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
  const { recordings, player, onPlay, cameraName, shelf } = options;
  const recording = await recordings.toPlay(signal);
  const { eventId, selection } = recording;
  const title = `The recording of ${cameraName()} (${optionOf(selection)})`;
  const key = `${eventId} ${selection.isTranscoded}`;
  const taken = await takeWhile(
    signal,
    shelf.take(key, () => download(options, recording, title)),
  );
  try {
    const played = await player.play(
      { file: taken.file, title, isEncodingWanted: selection.isTranscoded },
      sink,
      signal,
    );
    onPlay(recording, played);
    return new EventSession(played, taken);
  } catch (error) {
    const cause = taken.file.failure ?? error;
    taken[Symbol.dispose]();
    throw cause;
  }
}

/** What comes after the wish is over is put back. */
async function takeWhile(signal: AbortSignal, taking: Promise<TakenRecording>): Promise<TakenRecording> {
  try {
    return await abortable(taking, signal);
  } catch (error) {
    taking.then((late) => late[Symbol.dispose]()).catch(() => undefined);
    throw error;
  }
}

function download(
  { recordings, clock, logger, signal }: EventMediaSourceOptions,
  recording: PlayableRecording,
  title: string,
): Promise<RecordingDownload> {
  const renew = (limited: AbortSignal): Promise<PlayableRecording["link"]> => recordings.renew(recording, limited);
  return RecordingDownload.open({ link: recording.link, renew, title, clock, logger, signal });
}

class EventSession implements MediaSession {
  readonly ended: Promise<Error | undefined>;
  readonly #played: PlayedRecording;

  constructor(played: PlayedRecording, taken: TakenRecording) {
    this.#played = played;
    this.ended = played.ended.then((error) => {
      // A file that ends too early looks to FFmpeg like the end of the recording.
      const reason = taken.file.failure ?? error;
      taken[Symbol.dispose]();
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

// How recordings become streams: FFmpeg publishes them at the internal listener, and each path plays one at a time.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Publication, RecordingPublisher } from "../media/ffmpeg/recording-publisher.ts";
import type { AudioTranscoderFactory } from "../media/hub/audio-transcoder.ts";
import { StreamGovernor } from "../media/hub/governor.ts";
import type { MediaSource } from "../media/hub/media-source.ts";
import { RestartBudget } from "../media/hub/restart-budget.ts";
import type { StreamLimits } from "../media/hub/stream-limits.ts";
import type { StreamMemory } from "../media/hub/stream-memory.ts";
import { StreamPath } from "../media/hub/stream-path.ts";

/**
 * A client's next request plays from the beginning again, so almost nothing is held for it; its description waits for the
 * recording, which Ring sends within a second or two; and a recording that cannot be had now is asked for again a while later, or
 * when something else is selected.
 */
const limits: Partial<StreamLimits> = { graceMs: 1_000, describeMs: 4_500, failedPauseMs: 10_000 };

/** Every recording is another film: what one looked like says nothing about the next. */
const noMemory: StreamMemory = { load: () => undefined, save: () => undefined };

export interface RecordedStreamOptions {
  readonly path: string;
  readonly source: MediaSource;
  readonly transcoder: AudioTranscoderFactory | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** No call is made for it, but a client that reopens for ever must not fetch and play the same recording for ever. */
export function recordedStream(options: RecordedStreamOptions): StreamPath {
  const governor = new StreamGovernor({ clock: options.clock, budgets: [new RestartBudget()] });
  return new StreamPath({ ...options, governor, memory: noMemory, limits });
}

export function recordingPlayer(
  listener: { openPublication(): Publication },
  options: { readonly instance: string; readonly clock: Clock; readonly logger: Logger },
): RecordingPublisher {
  return new RecordingPublisher({
    ...options,
    ffmpegPath: "ffmpeg",
    openPublication: () => listener.openPublication(),
  });
}

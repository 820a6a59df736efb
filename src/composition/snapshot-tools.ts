// What the snapshots of all cameras share: FFmpeg's pictures, and the owner's settings.
import type { SnapshotTools } from "../bridge/snapshot-composition.ts";
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import { createFirstFrameJpeg } from "../media/ffmpeg/first-frame-jpeg.ts";
import { createKeyFrameJpeg } from "../media/ffmpeg/key-frame-jpeg.ts";

export interface SnapshotToolsOptions {
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export function snapshotTools(settings: Settings, options: SnapshotToolsOptions): SnapshotTools {
  const ffmpeg = { ...options, ffmpegPath: "ffmpeg" };
  return {
    keyFrameJpeg: createKeyFrameJpeg(ffmpeg),
    firstFrame: createFirstFrameJpeg(ffmpeg),
    defaults: { mode: settings.snapshot_mode, intervalSeconds: settings.snapshot_interval || undefined },
  };
}

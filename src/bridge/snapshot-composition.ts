// Puts together what the snapshots of one camera need: its sources, its settings, its topics.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import type { CameraMemory } from "./camera-memory.ts";
import type { LiveStreamPath } from "./live-stream.ts";
import type { SnapshotBudget } from "./snapshot-budget.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import { type RecordingFrameOptions, recordingFrame } from "./snapshot-recording.ts";
import { type SnapshotDefaults, SnapshotSettings } from "./snapshot-settings.ts";
import { type KeyFrameJpeg, SnapshotSources } from "./snapshot-sources.ts";

/** What all cameras share for their pictures. */
export interface SnapshotTools {
  readonly keyFrameJpeg: KeyFrameJpeg;
  readonly firstFrame: RecordingFrameOptions["firstFrame"];
  readonly defaults: SnapshotDefaults;
}

export interface CameraSnapshotOptions {
  readonly camera: RingCamera;
  readonly link: Pick<DeviceLink, "publishImage">;
  readonly liveStream: Pick<LiveStreamPath, "status" | "lastKeyFrame">;
  readonly tools: SnapshotTools;
  readonly budget: SnapshotBudget;
  readonly memory: CameraMemory;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export function composeSnapshots(options: CameraSnapshotOptions): SnapshotKeeper {
  const { camera, link, liveStream, tools, memory, clock, logger } = options;
  const { keyFrameJpeg, firstFrame } = tools;
  const sources = new SnapshotSources({
    ...options,
    snapshot: (request, signal) => camera.snapshot(request, signal),
    keyFrame: () => liveStream.lastKeyFrame,
    keyFrameJpeg,
    recordingJpeg: (event, signal) => recordingFrame(camera, event, { firstFrame, clock, logger }, signal),
  });
  return new SnapshotKeeper({
    ...options,
    camera: () => camera.state,
    isStreaming: () => liveStream.status.startedAt !== undefined,
    sources,
    settings: new SnapshotSettings(memory, tools.defaults, () => camera.state),
    publish: (key, jpeg) => link.publishImage(key, jpeg),
  });
}

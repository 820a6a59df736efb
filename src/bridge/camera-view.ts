// Everything a camera's rows may read and do, in one place.
import type { CameraState } from "../ring/camera-state.ts";
import type { SettingName, SettingValue } from "../ring/settings/camera-settings.ts";
import type { CameraEventActions, CameraEventsView } from "./camera-events-keeper.ts";
import type { EventStreamState } from "./event-stream.ts";
import type { LiveStreamState } from "./live-stream.ts";
import type { SnapshotActions, SnapshotsView } from "./snapshot-keeper.ts";
import type { FurtherUrls } from "./stream-urls.ts";

export interface CameraView {
  readonly camera: CameraState;
  readonly events: CameraEventsView;
  readonly snapshots: SnapshotsView;
  readonly liveStream: LiveStreamState;
  readonly eventStream: EventStreamState;
  readonly urls: {
    readonly liveStream: string;
    /** The same by other protocols, as far as they are served. */
    readonly furtherStreams?: FurtherUrls | undefined;
    readonly stillImage: string;
  };
}

export interface CameraActions extends CameraEventActions, SnapshotActions {
  setLight(isOn: boolean, signal: AbortSignal): Promise<void>;
  setSiren(isOn: boolean, durationSeconds: number | undefined, signal: AbortSignal): Promise<void>;
  setMotionWarning(isOn: boolean, signal: AbortSignal): Promise<void>;
  changeSetting<Name extends SettingName>(name: Name, value: SettingValue<Name>, signal: AbortSignal): Promise<void>;
  switchLiveStream(isOn: boolean): void;
  /** Locked, nobody can start it. */
  lockLiveStream(isLocked: boolean): void;
  selectEvent(option: string, signal: AbortSignal): Promise<void>;
  switchEventStream(isOn: boolean): void;
}

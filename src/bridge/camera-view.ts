// Everything a camera's rows may read and do, in one place.
import type { CameraState } from "../ring/camera-state.ts";
import type { HeldEventState } from "./held-event.ts";
import type { LiveStreamState } from "./live-stream.ts";

export interface SnapshotState {
  /** Unix ms; undefined until there is a picture. */
  readonly takenAt: number | undefined;
  readonly type: "interval" | "motion" | "ding" | "button" | "start" | undefined;
}

export interface CameraView {
  readonly camera: CameraState;
  readonly motion: HeldEventState;
  readonly ding: HeldEventState;
  readonly snapshot: SnapshotState;
  readonly liveStream: LiveStreamState;
  readonly urls: { readonly liveStream: string; readonly stillImage: string };
}

export interface CameraActions {
  setLight(isOn: boolean, signal: AbortSignal): Promise<void>;
  setSiren(isOn: boolean, durationSeconds: number | undefined, signal: AbortSignal): Promise<void>;
  switchLiveStream(isOn: boolean): void;
  /** Locked, nobody can start it. */
  lockLiveStream(isLocked: boolean): void;
}

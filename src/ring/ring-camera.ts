// A camera or doorbell of the account, as the rest of Belfry uses it.
import type { Subscribable } from "../foundation/emitter.ts";
import type {
  CameraEvent,
  CameraEventImage,
  CameraState,
  LostChange,
  Snapshot,
  SnapshotRequest,
} from "./camera-state.ts";
import type { CameraHistory } from "./history/recorded-event.ts";
import type { LiveCall, LiveCallSink } from "./live-call-types.ts";
import type { SettingName, SettingValue } from "./settings/camera-settings.ts";

export interface RingCamera {
  readonly deviceId: string;
  /** The newest picture; a new object at each change. */
  readonly state: CameraState;
  readonly stateChanged: Subscribable<CameraState>;
  /** Once per event, at its first push message. */
  readonly eventHappened: Subscribable<CameraEvent>;
  /** A later message of the same event knows better what it was: a person, where the first one said motion. */
  readonly eventRefined: Subscribable<CameraEvent>;
  /** A later message of the same event brought its picture (battery doorbells). */
  readonly eventImageReady: Subscribable<CameraEventImage>;
  /** The newest of its kind in Ring's history, of which no message came: while Belfry was off, say. It is no news. */
  readonly eventFound: Subscribable<CameraEvent>;
  /** A command that was done did not last; `state` shows Ring's word again. */
  readonly changeLost: Subscribable<LostChange>;
  readonly history: CameraHistory;
  /** Commands reject with an AppError in plain words; they resolve when Ring has taken them, `state` shows it then. */
  setLight(isOn: boolean, signal: AbortSignal): Promise<void>;
  /** `durationSeconds` where the caller wants another than Ring's own 30 s. */
  setSiren(isOn: boolean, durationSeconds: number | undefined, signal: AbortSignal): Promise<void>;
  /** The spoken warning at motion. */
  setMotionWarning(isOn: boolean, signal: AbortSignal): Promise<void>;
  /** For the settings that `state.settings` has; resolves when Ring has shown the new value. */
  changeSetting<Name extends SettingName>(name: Name, value: SettingValue<Name>, signal: AbortSignal): Promise<void>;
  snapshot(request: SnapshotRequest, signal: AbortSignal): Promise<Snapshot>;
  /** Calls the camera. Resolves when it has answered; see LiveCall. */
  openLiveCall(sink: LiveCallSink, signal: AbortSignal): Promise<LiveCall>;
}

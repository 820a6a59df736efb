// One immutable picture of a camera or doorbell: everything a row may read. Made from Ring's record, by its fields, never by model.
import type { AppError } from "../foundation/errors.ts";
import type { CameraSettings } from "./settings/camera-settings.ts";

export interface CameraState {
  /** Ring's number, used in its API. */
  readonly ringId: number;
  /** MAC-like text, used in topics and unique ids. */
  readonly deviceId: string;
  readonly locationId: string;
  readonly name: string;
  /** Ring's word for the model, e.g. `floodlight_v2`; `unknown` where the record has none. */
  readonly kind: string;
  /** Name for people; `Ring Camera` or `Ring Doorbell` where the kind is unknown. */
  readonly model: string;
  readonly firmware: string | undefined;
  /** Ring's words, usually `Up to Date`. */
  readonly firmwareStatus: string | undefined;
  readonly isDoorbell: boolean;
  readonly isShared: boolean;
  readonly isOnline: boolean;
  /** Live view is switched off by modes or settings at Ring. */
  readonly isLiveViewBlocked: boolean;
  /** A Ring Protect plan records events. */
  readonly hasRecordings: boolean;
  /** undefined: the camera has no light. */
  readonly light: boolean | undefined;
  /** undefined: the camera has no siren. */
  readonly siren: { readonly isOn: boolean; readonly secondsRemaining: number } | undefined;
  /** Percent of each bay whose level is known. */
  readonly batteries: readonly number[];
  /** One for each bay; undefined where it is empty, or its level not known. No bays: a camera without battery. */
  readonly batteryBays: readonly (number | undefined)[];
  /** The bay that feeds the camera, counted from 1. */
  readonly activeBay: number | undefined;
  readonly isBatteryLow: boolean;
  readonly isCharging: boolean;
  /** Runs on battery now (not fed by wire): no live call for stills. */
  readonly isOnBattery: boolean;
  readonly isMotionDetectionOn: boolean | undefined;
  readonly canMotionWarn: boolean;
  readonly isMotionWarningOn: boolean | undefined;
  /** What can be set; the camera does not have what is not there. */
  readonly settings: CameraSettings;
  readonly wifiNetwork: string | undefined;
  /** dBm. */
  readonly signalStrength: number | undefined;
  readonly isWiredNetwork: boolean;
  /** Ring has the camera take a picture by itself this often (snapshot capture); undefined where that is off. */
  readonly captureEverySeconds: number | undefined;
  /** Unix ms of Ring's last word about this camera. */
  readonly updatedAt: number | undefined;
}

export type Detection = "motion" | "person" | "vehicle" | "package" | "animal" | "other_motion" | (string & {});

/** Something happened at the camera, as the push message says it. */
export interface CameraEvent {
  readonly kind: "ding" | "motion";
  /** Ring's id of the event (text of digits); undefined where the message had none. */
  readonly eventId: string | undefined;
  /** Unix ms. */
  readonly happenedAt: number;
  readonly receivedAt: number;
  readonly detection: Detection;
  readonly text: string | undefined;
  /** Id of the picture that goes with it, for `snapshot({ imageId })`. */
  readonly imageId: string | undefined;
}

/** What comes without an id is told apart by its time. */
export function isSameEvent(one: CameraEvent, other: CameraEvent): boolean {
  if (one.kind !== other.kind) return false;
  return one.eventId === undefined ? one.happenedAt === other.happenedAt : one.eventId === other.eventId;
}

/** Which picture is wanted; without anything a new one, for which the camera is woken. */
export interface SnapshotRequest {
  /** The picture of an event. */
  readonly imageId?: string | undefined;
  /** Unix ms by Ring's clock: older pictures are of no use. */
  readonly newerThan?: number | undefined;
  /** Only what the camera takes by itself (`captureEverySeconds`): it is not woken. */
  readonly isPassive?: boolean | undefined;
}

export interface Snapshot {
  readonly jpeg: Buffer;
  /** Unix ms at which Ring took the picture. */
  readonly takenAt: number;
}

/** The picture of an event that was announced before without one. */
export interface CameraEventImage {
  readonly event: CameraEvent;
  readonly imageId: string;
}

/** Ring took a change and, after a while, shows the old value all the same. */
export interface LostChange {
  readonly what: "light" | "siren" | "motionWarning";
  readonly error: AppError;
}

// A picture of a camera with what is known of it, and the sources that give one.
import type { CameraEvent, SnapshotRequest } from "../ring/camera-state.ts";
import type { PictureSource } from "./snapshot-ladder-policy.ts";

export interface Picture {
  readonly jpeg: Buffer;
  /** Unix ms of the capture. */
  readonly takenAt: number;
  readonly source: PictureSource;
}

/** Each gives a picture or rejects with an AppError that says why not; none of them opens a live call. */
export interface PictureSources {
  /** The picture that Ring made of an event; it may be there some seconds after its id. */
  push(imageId: string, signal: AbortSignal): Promise<Picture>;
  /** `isUrgent`: for an event or the button, not in turn with those of other cameras. */
  still(request: SnapshotRequest, isUrgent: boolean, signal: AbortSignal): Promise<Picture>;
  /** The newest key frame of the running stream. */
  stream(signal: AbortSignal): Promise<Picture>;
  /** The first frame of the event's recording, when Ring has it. */
  recording(event: CameraEvent, signal: AbortSignal): Promise<Picture>;
}

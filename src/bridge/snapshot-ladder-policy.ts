// Where a picture can come from, best source first: the truth table of the snapshot ladder. Pure.

/** The picture that Ring made of the event; a new still; a frame of the running stream; the first frame of the recording. */
export type PictureSource = "push" | "still" | "stream" | "recording";

export interface CameraFacts {
  readonly isOnline: boolean;
  /** Ring gives no stills while it is off; undefined where the record does not say. */
  readonly isMotionDetectionOn: boolean | undefined;
  readonly isOnBattery: boolean;
  /** An event is so young that the camera may still be recording it. */
  readonly isRecording: boolean;
  /** The live stream runs, whoever watches it. */
  readonly isStreaming: boolean;
  readonly hasRecordings: boolean;
}

export interface EventFacts {
  /** So long ago that a picture of now is none of it. */
  readonly isPast: boolean;
  readonly hasImageId: boolean;
  readonly hasEventId: boolean;
}

/** Of an event. A battery camera records it now and gives no still; the picture of its push often comes with a second push. */
export function eventLadder(camera: CameraFacts, event: EventFacts): PictureSource[] {
  const ladder: PictureSource[] = [];
  if (event.hasImageId || camera.isOnBattery) ladder.push("push");
  if (!camera.isOnBattery && canGiveStills(camera) && !event.isPast) ladder.push("still");
  if (camera.isStreaming && !event.isPast) ladder.push("stream");
  if (camera.hasRecordings && event.hasEventId) ladder.push("recording");
  return ladder;
}

/** Of now: for the interval, the button and the start. Frames of a running stream cost nothing. */
export function presentLadder(camera: CameraFacts): PictureSource[] {
  const ladder: PictureSource[] = [];
  if (camera.isStreaming) ladder.push("stream");
  if (canGiveStills(camera) && !isBusy(camera)) ladder.push("still");
  return ladder;
}

/** What keeps a camera from giving stills at all, until somebody changes it; undefined where nothing does. */
export function obstacleOf(camera: Pick<CameraFacts, "isOnline" | "isMotionDetectionOn">): string | undefined {
  if (!camera.isOnline) return "the camera is offline";
  return camera.isMotionDetectionOn === false ? "Ring gives no pictures while motion detection is off" : undefined;
}

/** Why there can be no picture of now; undefined where there can. */
export function whyNoPicture(camera: CameraFacts): string | undefined {
  if (presentLadder(camera).length > 0) return undefined;
  return obstacleOf(camera) ?? "a battery camera gives no pictures while it records; try again in a minute";
}

function canGiveStills(camera: CameraFacts): boolean {
  return obstacleOf(camera) === undefined;
}

/** One thing at a time: it would answer when it is done, which is too late. */
function isBusy({ isOnBattery, isRecording, isStreaming }: CameraFacts): boolean {
  return isOnBattery && (isRecording || isStreaming);
}

// Where the pictures of one camera come from: Ring's picture service, the running stream, recordings.
import { type Clock, delay } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { TransientError } from "../foundation/errors.ts";
import type { KeyFrame } from "../media/hub/key-frame.ts";
import type { CameraEvent, Snapshot, SnapshotRequest } from "../ring/camera-state.ts";
import type { SnapshotBudget } from "./snapshot-budget.ts";
import type { Picture, PictureSources } from "./snapshot-picture.ts";

/** Makes a JPEG of a key frame (Annex B, with parameter sets). */
export type KeyFrameJpeg = (annexB: Buffer, signal: AbortSignal) => Promise<Buffer>;

/** The first frame of an event's recording as JPEG; waits until Ring has the recording. */
export type RecordingJpeg = (event: CameraEvent, signal: AbortSignal) => Promise<Buffer>;

export interface SnapshotSourcesOptions {
  readonly snapshot: (request: SnapshotRequest, signal: AbortSignal) => Promise<Snapshot>;
  /** Undefined while no stream runs. */
  readonly keyFrame: () => KeyFrame | undefined;
  readonly keyFrameJpeg: KeyFrameJpeg;
  readonly recordingJpeg: RecordingJpeg;
  readonly budget: SnapshotBudget;
  readonly clock: Clock;
}

/** Ring has the picture of a push 1 to 6 s after it. */
const pushPausesMs = [500, 500, 1_000, 1_000, 1_500, 1_500, 2_000, 2_000];
const pushLimitMs = 15_000;
/** Ring holds the request of a busy camera back; longer than this is hopeless. */
const stillLimitMs = 15_000;

export class SnapshotSources implements PictureSources {
  readonly #options: SnapshotSourcesOptions;

  constructor(options: SnapshotSourcesOptions) {
    this.#options = options;
  }

  async push(imageId: string, signal: AbortSignal): Promise<Picture> {
    const { clock } = this.#options;
    return await withDeadline(
      "the picture of the event",
      pushLimitMs,
      clock,
      (limited) => this.#poll(imageId, limited),
      signal,
    );
  }

  async still(request: SnapshotRequest, isUrgent: boolean, signal: AbortSignal): Promise<Picture> {
    const { budget, clock, snapshot } = this.#options;
    const ask = async (): Promise<Snapshot> =>
      await withDeadline("the snapshot", stillLimitMs, clock, (limited) => snapshot(request, limited), signal);
    return { ...(await (isUrgent ? budget.urgent(ask) : budget.patient(ask, signal))), source: "still" };
  }

  async stream(signal: AbortSignal): Promise<Picture> {
    const { keyFrame, keyFrameJpeg, clock } = this.#options;
    const frame = keyFrame();
    if (!frame) throw new TransientError("snapshot.no-frame", "no stream of the camera runs that has a whole picture");
    const takenAt = clock.now() - frame.ageMs;
    return { jpeg: await keyFrameJpeg(frame.annexB, signal), takenAt, source: "stream" };
  }

  async recording(event: CameraEvent, signal: AbortSignal): Promise<Picture> {
    return { jpeg: await this.#options.recordingJpeg(event, signal), takenAt: event.happenedAt, source: "recording" };
  }

  async #poll(imageId: string, signal: AbortSignal): Promise<Picture> {
    const { budget, clock, snapshot } = this.#options;
    for (const pauseMs of pushPausesMs) {
      const picture = await budget.urgent(() => snapshot({ imageId }, signal)).catch(() => undefined);
      signal.throwIfAborted();
      if (picture) return { ...picture, source: "push" };
      await delay(clock, pauseMs, signal);
    }
    return { ...(await budget.urgent(() => snapshot({ imageId }, signal))), source: "push" };
  }
}

// A camera's snapshots with sources that a test answers by hand, on a clock that it moves.
import { ManualClock } from "../foundation/clock.fake.ts";
import { TransientError } from "../foundation/errors.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import type { CameraEvent, CameraState } from "../ring/camera-state.ts";
import { volatileCameraMemory } from "./camera-memory.fake.ts";
import type { CameraMemory } from "./camera-memory.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import type { PictureSource } from "./snapshot-ladder-policy.ts";
import type { SnapshotMode } from "./snapshot-mode-policy.ts";
import type { Picture, PictureSources } from "./snapshot-picture.ts";
import { SnapshotSettings } from "./snapshot-settings.ts";

export interface StageOptions {
  readonly camera: CameraState;
  readonly mode?: SnapshotMode;
  readonly intervalSeconds?: number;
  readonly memory?: CameraMemory;
  readonly random?: number;
}

type Answer = "at once" | "fail" | "hang";

export class SnapshotStage {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 20, 12));
  readonly log = recordingLogger();
  readonly memory: CameraMemory;
  readonly keeper: SnapshotKeeper;
  /** What was asked of the sources: `still urgent`, `push uuid:1` ... */
  readonly asked: string[] = [];
  /** What was published, and `changed` where the states were. */
  readonly told: string[] = [];
  readonly answers: Record<PictureSource, Answer> = {
    push: "at once",
    still: "at once",
    stream: "at once",
    recording: "at once",
  };
  camera: CameraState;
  isStreaming = false;
  /** Of the pictures from now on; now unless given. */
  takenAt: number | undefined;
  #pictures = 0;
  #events = 0;

  constructor({ camera, mode = "Auto", intervalSeconds, memory = volatileCameraMemory(), random = 0 }: StageOptions) {
    this.camera = camera;
    this.memory = memory;
    this.keeper = new SnapshotKeeper({
      camera: () => this.camera,
      isStreaming: () => this.isStreaming,
      sources: this.#sources(),
      settings: new SnapshotSettings(memory, { mode, intervalSeconds }, () => this.camera),
      publish: (key, jpeg) => this.told.push(`${key} ${jpeg.toString()}`),
      onChange: () => this.told.push("changed"),
      clock: this.clock,
      logger: this.log.logger,
      signal: new AbortController().signal,
      random: () => random,
    });
  }

  /** The camera is there; what that causes has happened, and is forgotten. */
  async begin(): Promise<void> {
    this.keeper.cameraChanged();
    await this.clock.advance(0);
    this.asked.length = 0;
    this.told.length = 0;
  }

  changeCamera(changes: Partial<CameraState>): void {
    this.camera = { ...this.camera, ...changes };
    this.keeper.cameraChanged();
  }

  happen(kind: CameraEvent["kind"], changes: Partial<CameraEvent> = {}): CameraEvent {
    const now = this.clock.now();
    const eventId = String(++this.#events);
    const detection = kind === "ding" ? "ding" : "person";
    const plain = { kind, eventId, happenedAt: now, receivedAt: now, detection, text: undefined, imageId: undefined };
    const event = { ...plain, ...changes };
    this.keeper.eventHappened(event);
    return event;
  }

  #sources(): PictureSources {
    return {
      push: (imageId, signal) => this.#answer("push", imageId, signal),
      still: ({ isPassive }, isUrgent, signal) =>
        this.#answer("still", `${isUrgent ? "urgent" : "patient"}${isPassive ? " passive" : ""}`, signal),
      stream: (signal) => this.#answer("stream", "", signal),
      recording: (event, signal) => this.#answer("recording", event.eventId ?? "", signal),
    };
  }

  async #answer(source: PictureSource, what: string, signal: AbortSignal): Promise<Picture> {
    this.asked.push(`${source} ${what}`.trim());
    const answer = this.answers[source];
    if (answer === "hang")
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    if (answer === "fail") throw new TransientError("ring.unavailable", `there is no ${source}`);
    return { jpeg: Buffer.from(`${source} ${++this.#pictures}`), takenAt: this.takenAt ?? this.clock.now(), source };
  }
}

// The pictures of one camera: taken as its mode says, published as they come, and called stale when they are.
import { composeSignals, StopError } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { CameraEvent, CameraState } from "../ring/camera-state.ts";
import { BadCommandError } from "./errors.ts";
import { EventPictures } from "./snapshot-event-pictures.ts";
import { nextPictureMs } from "./snapshot-interval-policy.ts";
import { type CameraFacts, obstacleOf, whyNoPicture } from "./snapshot-ladder-policy.ts";
import { modesFor, type SnapshotMode } from "./snapshot-mode-policy.ts";
import type { PictureSources } from "./snapshot-picture.ts";
import { PresentPictures, type PresentWish } from "./snapshot-present-pictures.ts";
import type { SnapshotSettings } from "./snapshot-settings.ts";
import { ShownPictures, type ShownView, type SnapshotType } from "./snapshot-shown.ts";

export interface SnapshotsView extends ShownView {
  readonly mode: SnapshotMode;
  readonly intervalSeconds: number;
}

export interface SnapshotActions {
  setSnapshotMode(mode: SnapshotMode): void;
  setSnapshotInterval(seconds: number): void;
  /** Rejects with the reason where there is none. */
  takeSnapshot(signal: AbortSignal): Promise<void>;
}

export interface SnapshotKeeperOptions {
  readonly camera: () => CameraState;
  readonly isStreaming: () => boolean;
  readonly sources: PictureSources;
  readonly settings: SnapshotSettings;
  /** Called before `onChange`: the picture comes before what is said of it. */
  readonly publish: (key: "last_event_image" | "snapshot", jpeg: Buffer) => void;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** How long a battery camera may be recording an event. */
const recordingMs = 60_000;
const pressPauseMs = 10_000;

export class SnapshotKeeper implements SnapshotActions, Disposable {
  readonly #options: SnapshotKeeperOptions;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #events: EventPictures;
  readonly #present: PresentPictures;
  readonly #shown: ShownPictures;
  readonly #random: () => number;
  #timer: Disposable | undefined;
  #spread: number;
  #failures = 0;
  #lastAttemptMs: number;
  #lastPressMs = Number.NEGATIVE_INFINITY;
  #recordingUntilMs = Number.NEGATIVE_INFINITY;
  #hadObstacle = true;

  constructor(options: SnapshotKeeperOptions) {
    const { clock, settings, sources, camera } = options;
    this.#options = options;
    this.#signal = composeSignals(options.signal, this.#end.signal);
    this.#random = options.random ?? Math.random;
    this.#spread = this.#random();
    this.#lastAttemptMs = clock.monotonic();
    const facts = (): CameraFacts => this.#facts();
    this.#shown = new ShownPictures({ ...options, settings, obstacle: () => obstacleOf(camera()) });
    this.#present = new PresentPictures({ sources, facts });
    this.#events = new EventPictures({
      ...options,
      facts,
      signal: this.#signal,
      onPicture: (event, picture) => {
        this.#shown.showEvent(event, picture);
        this.#attempted(true);
      },
      onMissed: (event, reason) => this.#shown.missed(event, reason),
    });
  }

  get view(): SnapshotsView {
    const { mode, intervalSeconds } = this.#options.settings;
    return { ...this.#shown.view, mode, intervalSeconds };
  }

  /** The record of the camera has changed, or is there for the first time. */
  cameraChanged(): void {
    const hasObstacle = obstacleOf(this.#options.camera()) !== undefined;
    if (this.#hadObstacle && !hasObstacle) {
      this.#failures = 0;
      this.#spread = this.#random();
      if (this.#options.settings.mode !== "Disabled") void this.#take("start");
    }
    this.#hadObstacle = hasObstacle;
    this.#schedule();
    this.#shown.review();
  }

  eventHappened(event: CameraEvent): void {
    const { clock } = this.#options;
    const leftMs = event.happenedAt + recordingMs - clock.now();
    this.#recordingUntilMs = Math.max(this.#recordingUntilMs, clock.monotonic() + Math.min(leftMs, recordingMs));
    this.#schedule();
    if (this.#isWanted(event)) this.#events.start(event);
  }

  /** It is known better what an event was. */
  eventRefined(event: CameraEvent): void {
    this.#events.refine(event);
    this.#shown.refineEvent(event);
  }

  imageReady(event: CameraEvent, imageId: string): void {
    if (this.#isWanted(event)) this.#events.imageReady(event, imageId);
  }

  setSnapshotMode(mode: SnapshotMode): void {
    const modes = modesFor(this.#options.camera().isDoorbell);
    if (!modes.includes(mode))
      throw new BadCommandError(mode, `one of ${modes.join(", ")}; there is no button to press`);
    this.#options.settings.setMode(mode);
    this.#planAnew();
  }

  setSnapshotInterval(seconds: number): void {
    this.#options.settings.setInterval(seconds);
    this.#planAnew();
  }

  async takeSnapshot(signal: AbortSignal): Promise<void> {
    const nowMs = this.#options.clock.monotonic();
    const waitMs = this.#lastPressMs + pressPauseMs - nowMs;
    if (waitMs > 0) {
      const text = `a snapshot can be taken every ${pressPauseMs / 1000} s; wait ${Math.ceil(waitMs / 1000)} s more`;
      throw new TransientError("snapshot.too-soon", text, { retryAfterMs: waitMs });
    }
    const why = whyNoPicture(this.#facts());
    if (why !== undefined) throw this.#impossible(why);
    this.#lastPressMs = nowMs;
    const bound = composeSignals(signal, this.#signal);
    await this.#obtain("button", { isUrgent: true, isPassive: false }, bound);
  }

  [Symbol.dispose](): void {
    this.#end.abort(new StopError("closed"));
    this.#timer?.[Symbol.dispose]();
    this.#events[Symbol.dispose]();
    this.#shown[Symbol.dispose]();
  }

  #facts(): CameraFacts {
    const { camera, isStreaming, clock } = this.#options;
    const { isOnline, isMotionDetectionOn, isOnBattery, hasRecordings } = camera();
    const isRecording = clock.monotonic() < this.#recordingUntilMs;
    return { isOnline, isMotionDetectionOn, isOnBattery, hasRecordings, isRecording, isStreaming: isStreaming() };
  }

  #isWanted({ kind }: CameraEvent): boolean {
    const { plan } = this.#options.settings;
    return kind === "ding" ? plan.onDing : plan.onMotion;
  }

  #impossible(why = whyNoPicture(this.#facts()) ?? "the camera was busy"): Error {
    return new TransientError("snapshot.not-possible", `no snapshot can be taken now: ${why}`);
  }

  async #take(type: "interval" | "start"): Promise<void> {
    if (this.#present.isBusy) return;
    const { settings, logger } = this.#options;
    try {
      await this.#obtain(type, { isUrgent: false, isPassive: settings.isIntervalPassive }, this.#signal);
    } catch (error) {
      // No picture now is no fault of ours: the old one stays, with its age.
      if (!this.#signal.aborted) logger.debug(`no ${type} snapshot`, error);
    }
  }

  async #obtain(type: SnapshotType, wish: PresentWish, signal: AbortSignal): Promise<void> {
    let isSuccess = false;
    try {
      const picture = await this.#present.take(wish, signal);
      this.#signal.throwIfAborted();
      if (!picture) throw this.#impossible();
      this.#shown.show(type, picture);
      isSuccess = true;
    } finally {
      if (!this.#signal.aborted) this.#attempted(isSuccess);
    }
  }

  #attempted(isSuccess: boolean): void {
    this.#failures = isSuccess ? 0 : this.#failures + 1;
    this.#spread = isSuccess ? 0 : this.#random();
    this.#lastAttemptMs = this.#options.clock.monotonic();
    this.#schedule();
    this.#shown.review({ isAttempted: true });
  }

  #planAnew(): void {
    this.#failures = 0;
    this.#schedule();
    this.#shown.review();
  }

  #schedule(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const { settings, clock, camera } = this.#options;
    if (this.#signal.aborted || this.#hadObstacle || !settings.plan.onInterval) return;
    const dueMs = nextPictureMs({
      lastMs: this.#lastAttemptMs,
      intervalSeconds: settings.intervalSeconds,
      failures: this.#failures,
      spread: this.#spread,
      busyUntilMs: camera().isOnBattery ? this.#recordingUntilMs : Number.NEGATIVE_INFINITY,
    });
    this.#timer = clock.after(dueMs - clock.monotonic(), () => void this.#take("interval"));
  }
}

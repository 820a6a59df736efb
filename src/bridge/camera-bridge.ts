// One camera between Ring, MQTT and the streams: collects what its entities read and passes on what they are told.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import { CameraEventsKeeper } from "./camera-events-keeper.ts";
import type { CameraMemory } from "./camera-memory.ts";
import type { CameraActions, CameraView } from "./camera-view.ts";
import { describeCamera } from "./describe-camera.ts";
import { cameraRows } from "./entities/camera-rows.ts";
import { EntityRunner } from "./entity-runner.ts";
import type { RecordingPlayer } from "./event-media-source.ts";
import { EventStream, type EventStreamPaths } from "./event-stream.ts";
import { LiveStream, type LiveStreamPath } from "./live-stream.ts";
import type { SnapshotBudget } from "./snapshot-budget.ts";
import { composeSnapshots, type SnapshotTools } from "./snapshot-composition.ts";
import type { SnapshotKeeper } from "./snapshot-keeper.ts";
import { SteadyReadings } from "./steady-readings.ts";

export interface CameraBridgeOptions {
  readonly camera: RingCamera;
  readonly link: DeviceLink;
  readonly liveStream: LiveStreamPath;
  /** The path of its event stream, which comes and goes with its plan. */
  readonly eventPaths: EventStreamPaths;
  readonly recordingPlayer: RecordingPlayer;
  readonly urls: CameraView["urls"];
  /** Why no camera can be taken at its last word; undefined while all is well. */
  readonly ringTrouble: () => string | undefined;
  readonly bridgeId: string;
  readonly memory: CameraMemory;
  readonly snapshots: SnapshotTools;
  /** Of all cameras together. */
  readonly snapshotBudget: SnapshotBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const changedRows = { light: "light", siren: "siren", motionWarning: "motion_warning" } as const;

export class CameraBridge implements Disposable {
  readonly #options: CameraBridgeOptions;
  readonly #events: CameraEventsKeeper;
  readonly #snapshots: SnapshotKeeper;
  readonly #liveStream: LiveStream;
  readonly #eventStream: EventStream;
  readonly #runner: EntityRunner<CameraView, CameraActions>;
  readonly #readings: SteadyReadings;
  readonly #parts: DisposableStack;

  constructor(options: CameraBridgeOptions) {
    const { camera, link, liveStream, memory, clock, logger, signal } = options;
    const onChange = (): void => this.#runner.refresh();
    this.#options = options;
    this.#readings = new SteadyReadings(clock);
    // What was begun ends where a later step fails.
    using parts = new DisposableStack();
    this.#events = parts.use(new CameraEventsKeeper({ link, memory, clock, onChange }));
    this.#snapshots = parts.use(
      composeSnapshots({ ...options, tools: options.snapshots, budget: options.snapshotBudget, onChange }),
    );
    this.#liveStream = parts.use(new LiveStream({ stream: liveStream, memory, clock, onChange }));
    this.#eventStream = parts.use(
      new EventStream({
        camera,
        paths: options.eventPaths,
        player: options.recordingPlayer,
        liveStatusChanged: liveStream.statusChanged,
        memory,
        onChange,
        clock,
        logger,
        signal,
      }),
    );
    this.#runner = parts.use(
      new EntityRunner({
        rows: cameraRows,
        link,
        device: () => describeCamera(camera.state, options.bridgeId),
        view: () => this.#view(),
        actions: this.#actions(),
        clock,
        logger,
        signal,
      }),
    );
    for (const subscription of this.#subscribe()) parts.use(subscription);
    this.#stateChanged();
    this.#parts = parts.move();
  }

  #subscribe(): Disposable[] {
    const { camera } = this.#options;
    return [
      camera.stateChanged.subscribe(() => this.#stateChanged()),
      camera.eventHappened.subscribe((event) => this.#eventHappened(event)),
      camera.eventRefined.subscribe((event) => this.#eventRefined(event)),
      camera.eventFound.subscribe((event) => this.#events.learned(event)),
      camera.changeLost.subscribe(({ what, error }) => this.#runner.commandLost(changedRows[what], error)),
      camera.eventImageReady.subscribe(({ event, imageId }) => this.#snapshots.imageReady(event, imageId)),
    ];
  }

  refresh(): void {
    try {
      this.#runner.refresh();
    } finally {
      // After the states: nobody sees old ones as those of a camera that is there.
      this.#sayAvailability();
    }
  }

  #view(): CameraView {
    return {
      camera: this.#readings.of(this.#options.camera.state),
      events: this.#events.view,
      snapshots: this.#snapshots.view,
      liveStream: this.#liveStream.state,
      eventStream: this.#eventStream.state,
      urls: this.#options.urls,
    };
  }

  #actions(): CameraActions {
    const { camera } = this.#options;
    return {
      setLight: (isOn, signal) => camera.setLight(isOn, signal),
      setSiren: (isOn, durationSeconds, signal) => camera.setSiren(isOn, durationSeconds, signal),
      setMotionWarning: (isOn, signal) => camera.setMotionWarning(isOn, signal),
      changeSetting: (name, value, signal) => camera.changeSetting(name, value, signal),
      setHoldSeconds: (kind, seconds) => this.#events.setHoldSeconds(kind, seconds),
      setSnapshotMode: (mode) => this.#snapshots.setSnapshotMode(mode),
      setSnapshotInterval: (seconds) => this.#snapshots.setSnapshotInterval(seconds),
      takeSnapshot: (signal) => this.#snapshots.takeSnapshot(signal),
      switchLiveStream: (isOn) => this.#liveStream.turn(isOn),
      lockLiveStream: (isLocked) => this.#liveStream.setLocked(isLocked),
      selectEvent: (option, signal) => this.#eventStream.select(option, signal),
      switchEventStream: (isOn) => this.#eventStream.turn(isOn),
    };
  }

  #stateChanged(): void {
    this.#liveStream.cameraChanged();
    this.refresh();
    this.#snapshots.cameraChanged();
  }

  #sayAvailability(): void {
    const { camera, link, ringTrouble } = this.#options;
    const offline = camera.state.isOnline ? undefined : "Ring says that the camera is offline";
    const reason = ringTrouble() ?? offline;
    link.setAvailable(reason === undefined, reason);
  }

  #eventHappened(event: CameraEvent): void {
    this.#tell(event);
    this.#snapshots.eventHappened(event);
  }

  /** Told again, as what it was; its picture is being looked for, or there, since it was told first. */
  #eventRefined(event: CameraEvent): void {
    this.#tell(event);
    this.#snapshots.eventRefined(event);
  }

  #tell(event: CameraEvent): void {
    this.#events.happened(event, event.kind === "motion" || this.#options.camera.state.isDoorbell);
  }

  [Symbol.dispose](): void {
    this.#parts.dispose();
  }
}

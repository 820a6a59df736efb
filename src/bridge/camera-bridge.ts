// One camera between Ring, MQTT and the streams: collects what its entities read and passes on what they are told.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { DeviceDescription } from "../home-assistant/entity-description.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import type { CameraMemory } from "./camera-memory.ts";
import type { CameraActions, CameraView } from "./camera-view.ts";
import { cameraRows } from "./entities/camera-rows.ts";
import { EntityRunner } from "./entity-runner.ts";
import { HeldEvent } from "./held-event.ts";
import { LiveStream, type LiveStreamPath } from "./live-stream.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";

const motionHoldMs = 30_000;
const dingHoldMs = 10_000;

export interface CameraBridgeOptions {
  readonly camera: RingCamera;
  readonly link: DeviceLink;
  readonly liveStream: LiveStreamPath;
  readonly urls: CameraView["urls"];
  readonly bridgeId: string;
  readonly memory: CameraMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export class CameraBridge implements Disposable {
  readonly #options: CameraBridgeOptions;
  readonly #motion: HeldEvent;
  readonly #ding: HeldEvent;
  readonly #snapshots: SnapshotKeeper;
  readonly #liveStream: LiveStream;
  readonly #runner: EntityRunner<CameraView, CameraActions>;
  readonly #subscriptions: Disposable[];
  #wasOnline: boolean | undefined;

  constructor(options: CameraBridgeOptions) {
    const { camera, link, liveStream, memory, clock, logger, signal } = options;
    const onChange = (): void => this.#runner.refresh();
    this.#options = options;
    this.#motion = new HeldEvent({ holdMs: motionHoldMs, clock, onChange });
    this.#ding = new HeldEvent({ holdMs: dingHoldMs, clock, onChange });
    this.#snapshots = new SnapshotKeeper({
      fetch: (wish, limited) => camera.snapshot(wish, limited),
      onPicture: (picture) => {
        link.publishImage("snapshot", picture.jpeg);
        onChange();
      },
      clock,
      logger,
      signal,
    });
    this.#liveStream = new LiveStream({ stream: liveStream, memory, clock, onChange });
    this.#runner = new EntityRunner({
      rows: cameraRows,
      link,
      device: () => describeCamera(camera, options.bridgeId),
      view: () => this.#view(),
      actions: actionsOf(options, this.#liveStream),
      clock,
      logger,
      signal,
    });
    this.#subscriptions = [
      camera.stateChanged.subscribe(() => this.#stateChanged()),
      camera.eventHappened.subscribe((event) => this.#eventHappened(event)),
      camera.eventImageReady.subscribe(({ event, imageId }) => this.#snapshots.refresh({ type: event.kind, imageId })),
    ];
    this.#stateChanged();
  }

  #view(): CameraView {
    return {
      camera: this.#options.camera.state,
      motion: this.#motion.state,
      ding: this.#ding.state,
      snapshot: this.#snapshots.state,
      liveStream: this.#liveStream.state,
      urls: this.#options.urls,
    };
  }

  #stateChanged(): void {
    const { camera, link } = this.#options;
    const { isOnline } = camera.state;
    this.#runner.refresh();
    link.setAvailable(isOnline, isOnline ? undefined : "Ring says that the camera is offline");
    if (isOnline && this.#wasOnline !== true) this.#snapshots.refresh({ type: "start" });
    this.#wasOnline = isOnline;
  }

  #eventHappened(event: CameraEvent): void {
    (event.kind === "ding" ? this.#ding : this.#motion).happened(event);
    // A battery camera gives no still while it records; the picture of the push message comes by `imageReady`.
    if (event.imageId === undefined && !this.#options.camera.state.isOnBattery) {
      this.#snapshots.refresh({ type: event.kind });
    }
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#liveStream[Symbol.dispose]();
    this.#runner[Symbol.dispose]();
    this.#motion[Symbol.dispose]();
    this.#ding[Symbol.dispose]();
  }
}

function actionsOf({ camera }: CameraBridgeOptions, liveStream: LiveStream): CameraActions {
  return {
    setLight: (isOn, signal) => camera.setLight(isOn, signal),
    setSiren: (isOn, durationSeconds, signal) => camera.setSiren(isOn, durationSeconds, signal),
    switchLiveStream: (isOn) => liveStream.turn(isOn),
    lockLiveStream: (isLocked) => liveStream.setLocked(isLocked),
  };
}

function describeCamera({ state }: RingCamera, bridgeId: string): DeviceDescription {
  return {
    id: state.deviceId,
    locationId: state.locationId,
    category: "camera",
    name: state.name,
    manufacturer: "Ring",
    model: state.model,
    softwareVersion: state.firmware,
    serialNumber: state.deviceId,
    via: bridgeId,
  };
}

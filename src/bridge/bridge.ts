// Keeps one CameraBridge and one live stream path for each camera of the account, and the bridge device.
import type { Clock } from "../foundation/clock.ts";
import type { Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceDirectory, DeviceLink } from "../home-assistant/device-link.ts";
import type { MediaSource } from "../media/hub/media-source.ts";
import type { StreamPath } from "../media/hub/stream-path.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import { type BridgeAccount, BridgeDevice } from "./bridge-device.ts";
import { CameraBridge } from "./camera-bridge.ts";
import type { CameraMemory } from "./camera-memory.ts";
import type { CameraView } from "./camera-view.ts";
import type { RecordingPlayer } from "./event-media-source.ts";
import { RingContact } from "./ring-contact.ts";
import { ringLiveSource } from "./ring-live-source.ts";
import { SnapshotBudget } from "./snapshot-budget.ts";
import type { SnapshotTools } from "./snapshot-composition.ts";

/** The account, as far as the bridge needs it. */
export interface CameraAccount extends BridgeAccount {
  readonly cameras: readonly RingCamera[];
  readonly camerasChanged: Subscribable<readonly RingCamera[]>;
  /** Once, when Ring has said often enough which cameras there are: no other is. */
  readonly camerasBelieved: Subscribable<unknown>;
  /** Device ids of those that Ring lists and the settings exclude. */
  readonly camerasUnwanted: Subscribable<readonly string[]>;
  refresh(): void;
}

/** What the limits on a stream depend on. */
export interface StreamCamera {
  readonly reach: "online" | "offline" | "blocked";
  readonly isOnBattery: boolean;
}

export interface StreamPaths {
  /**
   * A live stream; `camera` says, without calling it, whether a call can succeed at all, and what it costs. `memory` keeps how long
   * it was live.
   */
  add(path: string, source: MediaSource, camera: () => StreamCamera, memory: CameraMemory): StreamPath;
  /** A recorded stream: played to whoever asks, once, from its beginning. */
  addRecorded(path: string, source: MediaSource): StreamPath;
  remove(path: string): Promise<void>;
}

export interface BridgeOptions {
  readonly account: CameraAccount;
  readonly devices: DeviceDirectory;
  readonly streams: StreamPaths;
  readonly recordingPlayer: RecordingPlayer;
  readonly snapshots: SnapshotTools;
  /** URLs shown for a camera. */
  readonly urls: (camera: RingCamera) => CameraView["urls"];
  readonly bridgeId: string;
  /** What is kept of a camera over restarts. */
  readonly memory: (deviceId: string) => CameraMemory;
  readonly version: string;
  /** What is wrong elsewhere in the house, in one sentence for the owner; asked at each refresh. */
  readonly problem: () => string | undefined;
  /** Ends the process so that it is started again. */
  readonly restart: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Entry {
  readonly bridge: CameraBridge;
  /** Keeps the bridge device's "last push" true. */
  readonly events: Disposable;
  readonly link: DeviceLink;
  readonly path: string;
  readonly camera: RingCamera;
}

export const livePath = (deviceId: string): string => `${deviceId}_live`;

export const eventPath = (deviceId: string): string => `${deviceId}_event`;

export class Bridge implements Disposable {
  readonly #options: BridgeOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #subscriptions: Disposable[] = [];
  readonly #snapshotBudget: SnapshotBudget;
  readonly #device: BridgeDevice;
  readonly #contact: RingContact;
  /** Cameras of which was said that they cannot be shown. */
  readonly #broken = new Set<string>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    const { account, devices, restart, clock } = options;
    this.#snapshotBudget = new SnapshotBudget(clock);
    const rediscover = (): void => {
      options.logger.info("looking for devices again");
      account.refresh();
      devices.announceAll();
    };
    this.#device = new BridgeDevice({ ...options, actions: { restart, rediscover } });
    this.#contact = new RingContact({ account, clock, onChange: () => this.refresh() });
    this.#subscriptions.push(
      account.camerasChanged.subscribe((cameras) => this.#sync(cameras)),
      account.camerasBelieved.subscribe(() => devices.removeUnlinked()),
      account.camerasUnwanted.subscribe((ids) => devices.removeUnlinked(ids)),
    );
    this.#sync(account.cameras);
  }

  /** What is shown of addresses and settings, or whether it can be relied upon, may have changed. */
  refresh(): void {
    for (const { bridge } of this.#entries.values()) bridge.refresh();
    this.#device.refresh();
  }

  #sync(cameras: readonly RingCamera[]): void {
    const present = new Set(cameras.map((camera) => camera.deviceId));
    for (const [id, entry] of this.#entries) if (!present.has(id)) this.#leave(id, entry);
    for (const camera of cameras) if (!this.#entries.has(camera.deviceId)) this.#tryToJoin(camera);
    this.#device.refresh();
  }

  /** A camera that breaks costs itself only. */
  #tryToJoin(camera: RingCamera): void {
    const { logger, streams } = this.#options;
    const { deviceId } = camera;
    try {
      this.#join(camera);
      this.#broken.delete(deviceId);
    } catch (error) {
      void streams.remove(livePath(deviceId));
      void streams.remove(eventPath(deviceId));
      if (!this.#broken.has(deviceId)) logger.error(`the camera ${deviceId} cannot be shown`, error);
      this.#broken.add(deviceId);
    }
  }

  #join(camera: RingCamera): void {
    const { devices, streams, recordingPlayer, urls, memory, bridgeId, clock, signal } = this.#options;
    const logger = this.#options.logger.child("camera", () => camera.state.name);
    const path = livePath(camera.deviceId);
    const recorded = eventPath(camera.deviceId);
    const { state } = camera;
    const link = devices.link({
      id: state.deviceId,
      locationId: state.locationId,
      category: "camera",
      name: state.name,
      manufacturer: "Ring",
      model: state.model,
    });
    const seen = (): StreamCamera => ({ reach: reachability(camera), isOnBattery: camera.state.isOnBattery });
    const liveStream = streams.add(path, ringLiveSource(camera), seen, memory(camera.deviceId));
    const bridge = new CameraBridge({
      camera,
      link,
      liveStream,
      eventPaths: {
        add: (source) => streams.addRecorded(recorded, source),
        remove: () => void streams.remove(recorded),
      },
      recordingPlayer,
      snapshots: this.#options.snapshots,
      snapshotBudget: this.#snapshotBudget,
      urls: urls(camera),
      ringTrouble: () => this.#contact.trouble,
      memory: memory(camera.deviceId),
      bridgeId,
      clock,
      logger,
      signal,
    });
    const events = camera.eventHappened.subscribe(() => this.#device.refresh());
    this.#entries.set(camera.deviceId, { bridge, events, link, path, camera });
    logger.info(`found: ${state.model} (${state.kind}), ${state.isOnline ? "online" : "offline"}`);
  }

  #leave(id: string, entry: Entry): void {
    this.#entries.delete(id);
    endEntry(entry);
    entry.link.remove();
    void this.#options.streams.remove(entry.path);
    void this.#options.streams.remove(eventPath(id));
    this.#options.logger.info(
      `${entry.camera.state.name} is no longer in the Ring account; removed from Home Assistant`,
    );
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    for (const entry of this.#entries.values()) endEntry(entry);
    this.#contact[Symbol.dispose]();
    this.#device[Symbol.dispose]();
  }
}

function reachability({ state }: RingCamera): StreamCamera["reach"] {
  if (!state.isOnline) return "offline";
  return state.isLiveViewBlocked ? "blocked" : "online";
}

function endEntry({ bridge, events }: Entry): void {
  bridge[Symbol.dispose]();
  events[Symbol.dispose]();
}

// The cameras and locations of the account: who comes, who stays, who is gone.
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import type { CallLimits } from "./call/live-call.ts";
import { CloudCamera } from "./cloud-camera.ts";
import type { RingCamera } from "./ring-camera.ts";
import type { RingClient } from "./ring-client.ts";
import type { SettingsMemory } from "./settings-memory.ts";
import type { CameraRecord, DeviceList } from "./wire/device-list.ts";
import { mergeLocations, type RingLocation } from "./wire/location-list.ts";
import type { CameraPush } from "./wire/push-message.ts";

export interface InventoryOptions {
  readonly locationIds: readonly string[] | undefined;
  readonly excludedDeviceIds: readonly string[];
  readonly snapshotTimeoutMs: number;
  readonly callLimits: Partial<CallLimits> | undefined;
  readonly settings: SettingsMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly requestRefresh: () => void;
}

/** A camera must be missing from so many lists in a row: Ring's list is short now and then. */
const listsToBelieve = 2;

export class Inventory implements Disposable {
  readonly #options: InventoryOptions;
  readonly #camerasChanged: Emitter<readonly RingCamera[]>;
  readonly #byId = new Map<string, { camera: CloudCamera; missing: number }>();
  readonly #listBelieved: Emitter<void>;
  #cameras: readonly CloudCamera[] = [];
  #lists = 0;
  #listedLocations: readonly RingLocation[] = [];
  #locations: readonly RingLocation[] = [];

  constructor(options: InventoryOptions) {
    this.#options = options;
    const onListenerError = (error: unknown): void =>
      options.logger.error("a listener of the camera list failed", error);
    this.#camerasChanged = new Emitter(onListenerError);
    this.#listBelieved = new Emitter(onListenerError);
  }

  get cameras(): readonly CloudCamera[] {
    return this.#cameras;
  }

  get camerasChanged(): Subscribable<readonly RingCamera[]> {
    return this.#camerasChanged;
  }

  /** Once, when enough lists agree that no other camera is there: what an earlier run knew besides is gone. */
  get listBelieved(): Subscribable<void> {
    return this.#listBelieved;
  }

  get locations(): readonly RingLocation[] {
    return this.#locations;
  }

  /** Whether the location list that we have explains these devices. */
  knowsLocationsOf(list: DeviceList): boolean {
    return list.cameras.every((raw) => this.#listedLocations.some((location) => location.id === raw.locationId));
  }

  useLocations(listed: readonly RingLocation[]): void {
    this.#listedLocations = listed;
  }

  /** A new device list: states are brought up to date, then who came or went is told. */
  useDevices(list: DeviceList, client: RingClient): void {
    for (const text of list.unusable) this.#options.logger.warn(text);
    const wanted = list.cameras.filter((raw) => this.#isWanted(raw));
    this.#locations = mergeLocations(
      this.#listedLocations,
      list.cameras.map((raw) => raw.locationId),
      this.#options.locationIds,
    );
    const came = wanted.filter((raw) => this.#update(raw, client));
    const present = new Set(wanted.map((raw) => raw.deviceId));
    const went = [...this.#byId.values()].filter((entry) => this.#isGone(entry, present));
    for (const { camera } of went) this.#byId.delete(camera.deviceId);
    if (came.length > 0 || went.length > 0) {
      this.#cameras = [...this.#byId.values()].map((entry) => entry.camera);
      this.#camerasChanged.emit(this.#cameras);
    }
    for (const { camera } of went) camera[Symbol.dispose]();
    this.#lists++;
    if (this.#lists === listsToBelieve) this.#listBelieved.emit();
  }

  /** False where the camera is not one of ours. */
  receivePush(push: CameraPush): boolean {
    const camera = this.#cameras.find((candidate) => candidate.ringId === push.ringId);
    camera?.receivePush(push.event);
    return camera !== undefined;
  }

  [Symbol.dispose](): void {
    for (const camera of this.#cameras) camera[Symbol.dispose]();
  }

  #isWanted(raw: CameraRecord): boolean {
    const { locationIds, excludedDeviceIds } = this.#options;
    const isExcluded = excludedDeviceIds.includes(raw.deviceId) || excludedDeviceIds.includes(String(raw.ringId));
    return !isExcluded && (!locationIds || locationIds.includes(raw.locationId));
  }

  /** True where the camera is new. */
  #update(raw: CameraRecord, client: RingClient): boolean {
    const known = this.#byId.get(raw.deviceId);
    if (known) {
      known.missing = 0;
      known.camera.reconnect(raw, client);
      return false;
    }
    const camera = new CloudCamera(raw, client, this.#options);
    this.#byId.set(raw.deviceId, { camera, missing: 0 });
    return true;
  }

  #isGone(entry: { camera: CloudCamera; missing: number }, present: ReadonlySet<string>): boolean {
    if (present.has(entry.camera.deviceId)) return false;
    entry.missing++;
    if (entry.missing < listsToBelieve) this.#options.requestRefresh();
    return entry.missing >= listsToBelieve;
  }
}

// The cameras and locations of the account: who comes, who stays, who is gone.
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import { Absence, type AbsenceRules } from "./absence.ts";
import type { CallLimits } from "./call/live-call.ts";
import type { CameraEvent } from "./camera-state.ts";
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
  readonly lastEvents: (deviceId: string) => readonly CameraEvent[];
  readonly absence: AbsenceRules;
  readonly eventCheckMs: number;
  readonly onUntoldEvent: (event: CameraEvent, cameraName: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly requestRefresh: () => void;
}

interface Entry {
  readonly camera: CloudCamera;
  readonly absence: Absence;
}

/** Somebody who asks for the cameras wants to see soon what is gone. */
const hurryMs = 60_000;

export class Inventory implements Disposable {
  readonly #options: InventoryOptions;
  readonly #camerasChanged: Emitter<readonly RingCamera[]>;
  readonly #byId = new Map<string, Entry>();
  readonly #listBelieved: Emitter<void>;
  readonly #unwantedListed: Emitter<readonly string[]>;
  /** Of what an earlier run knew and no list has shown since. */
  readonly #others = new Absence();
  readonly #broken = new Set<string>();
  readonly #toldUnusable = new Set<string>();
  #cameras: readonly CloudCamera[] = [];
  #unwanted: readonly string[] = [];
  #isBelieved = false;
  #hurriedUntil = Number.NEGATIVE_INFINITY;
  #listedLocations: readonly RingLocation[] = [];
  #locations: readonly RingLocation[] = [];

  constructor(options: InventoryOptions) {
    this.#options = options;
    const onListenerError = (error: unknown): void =>
      options.logger.error("a listener of the camera list failed", error);
    this.#camerasChanged = new Emitter(onListenerError);
    this.#listBelieved = new Emitter(onListenerError);
    this.#unwantedListed = new Emitter(onListenerError);
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

  /** Device ids of those that Ring lists and the settings exclude. */
  get unwantedListed(): Subscribable<readonly string[]> {
    return this.#unwantedListed;
  }

  /** For a while, what is missing is believed sooner, and lists come quicker where something is. */
  hurry(): void {
    this.#hurriedUntil = this.#options.clock.monotonic() + hurryMs;
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
    this.#tellUnusable(list);
    const wanted = list.cameras.filter((raw) => this.#isWanted(raw));
    this.#locations = mergeLocations(
      this.#listedLocations,
      list.cameras.map((raw) => raw.locationId),
      this.#options.locationIds,
    );
    const came = wanted.filter((raw) => this.#tryToUpdate(raw, client));
    const went = this.#believedGone(list);
    for (const { camera } of went) this.#byId.delete(camera.deviceId);
    if (came.length > 0 || went.length > 0) {
      this.#cameras = [...this.#byId.values()].map((entry) => entry.camera);
      this.#camerasChanged.emit(this.#cameras);
    }
    for (const { camera } of went) camera[Symbol.dispose]();
    this.#tellUnwanted(list.cameras.filter((raw) => !wanted.includes(raw)));
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

  /** True where the camera is new. One that breaks costs itself only. */
  #tryToUpdate(raw: CameraRecord, client: RingClient): boolean {
    try {
      return this.#update(raw, client);
    } catch (error) {
      const { deviceId } = raw;
      if (!this.#broken.has(deviceId)) this.#options.logger.error(`the camera ${deviceId} cannot be understood`, error);
      this.#broken.add(deviceId);
      return false;
    }
  }

  #update(raw: CameraRecord, client: RingClient): boolean {
    const known = this.#byId.get(raw.deviceId);
    if (known) {
      known.camera.update(raw, client);
      return false;
    }
    const camera = new CloudCamera(raw, client, this.#options);
    this.#byId.set(raw.deviceId, { camera, absence: new Absence() });
    return true;
  }

  #believedGone({ cameras }: DeviceList): Entry[] {
    const { absence: rules, clock, requestRefresh } = this.#options;
    const now = clock.monotonic();
    const isHurried = now < this.#hurriedUntil;
    const rule = cameras.length === 0 ? rules.everything : isHurried ? rules.hurried : rules.camera;
    const listed = new Set(cameras.map((raw) => raw.deviceId));
    const missing: Entry[] = [];
    for (const entry of this.#byId.values()) {
      if (listed.has(entry.camera.deviceId)) entry.absence.seen();
      else missing.push(entry);
    }
    const gone = missing.filter(({ absence }) => absence.missed(now, rule));
    if (!this.#isBelieved && this.#others.missed(now, rule)) {
      this.#isBelieved = true;
      this.#listBelieved.emit();
    }
    if (isHurried && cameras.length > 0 && (!this.#isBelieved || gone.length < missing.length)) requestRefresh();
    return gone;
  }

  /** Once: it stands in every list. */
  #tellUnusable({ unusable }: DeviceList): void {
    for (const text of unusable.filter((one) => !this.#toldUnusable.has(one))) {
      this.#toldUnusable.add(text);
      this.#options.logger.warn(text);
    }
  }

  #tellUnwanted(unwanted: readonly CameraRecord[]): void {
    const ids = unwanted.map(({ deviceId }) => deviceId);
    if (ids.every((id) => this.#unwanted.includes(id))) return;
    this.#unwanted = ids;
    this.#unwantedListed.emit(ids);
  }
}

// The modes of a location (home, away, disarmed) and what each one does to the devices.
import type { Device } from "./device.ts";
import { isObject, type JsonObject, setAt } from "./json.ts";

export const modes = ["home", "away", "disarmed", "disabled", "unset"] as const;
export type Mode = (typeof modes)[number];

const actionChanges: Record<string, readonly [path: string, value: boolean]> = {
  disableMotionDetection: ["settings.motion_detection_enabled", false],
  enableMotionDetection: ["settings.motion_detection_enabled", true],
  blockLiveViewLocally: ["settings.live_view_disabled", true],
  allowLiveViewLocally: ["settings.live_view_disabled", false],
};

export class LocationModes {
  readonly #devices: readonly Device[];
  #mode: Mode = "disarmed";
  #changedAt = Date.now();
  #settings: JsonObject;
  #sharing = { sharedUsersEnabled: false, lastUpdateTimeMS: Date.now() };

  constructor(devices: readonly Device[]) {
    this.#devices = devices.filter((device) => device.isCamera);
    this.#settings = this.#defaultSettings();
  }

  get view(): JsonObject {
    return {
      mode: this.#mode,
      lastUpdateTimeMS: this.#changedAt,
      securityStatus: { lu: this.#changedAt, md: "none", returnTopic: "" },
      readOnly: false,
      notYetParticipatingInMode: [],
    };
  }

  get settings(): JsonObject {
    return this.#settings;
  }

  get sharing(): JsonObject {
    return this.#sharing;
  }

  setMode(mode: Mode): void {
    this.#mode = mode;
    this.#changedAt = Date.now();
    const entries = this.#settings[mode];
    for (const entry of Array.isArray(entries) ? entries : []) this.#apply(entry);
  }

  setSettings(settings: JsonObject): void {
    this.#settings = { ...this.#settings, ...settings, lastUpdateTimeMS: Date.now() };
  }

  setUp(): void {
    this.#settings = this.#defaultSettings();
    this.setMode("disarmed");
  }

  disable(): void {
    this.#mode = "disabled";
    this.#changedAt = Date.now();
  }

  share(sharedUsersEnabled: boolean): void {
    this.#sharing = { sharedUsersEnabled, lastUpdateTimeMS: Date.now() };
  }

  #apply(entry: unknown): void {
    if (!isObject(entry) || !Array.isArray(entry["actions"])) return;
    const device = this.#devices.find((candidate) => candidate.id === Number(entry["deviceId"]));
    for (const action of entry["actions"]) {
      const change = actionChanges[String(action)];
      if (device && change) setAt(device.record, change[0], change[1]);
    }
  }

  #defaultSettings(): JsonObject {
    const forAll = (actions: string[]): JsonObject[] =>
      this.#devices.map((device) => ({ deviceId: device.id, deviceIdType: "doorbot", actions }));
    const watching = ["enableMotionDetection", "allowLiveViewLocally"];
    return {
      disarmed: forAll(watching),
      home: forAll(watching),
      away: forAll(watching),
      lastUpdateTimeMS: Date.now(),
    };
  }
}

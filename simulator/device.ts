// One device of an account: its record as Ring sends it, and what changes in it while the simulator runs.
import type { DeviceList } from "./account.ts";
import type { RawDevice } from "./contracts.ts";
import { isObject, type JsonObject, mergeInto, objectAt, setAt, valueAt } from "./json.ts";
import { type CameraKnobs, normalCamera } from "./knobs.ts";

export interface SirenRun {
  readonly startedAt: number;
  readonly durationSeconds: number;
}

export class Device {
  readonly accountId: string;
  readonly list: DeviceList;
  readonly record: RawDevice;
  /** What clients set by PATCH devices/v1 and no field of the record shows. */
  readonly extraSettings: JsonObject = {};
  knobs: CameraKnobs;
  /** A recording of an event runs until then; Unix time in ms. */
  recordingUntil = 0;
  #siren: SirenRun | undefined;

  constructor(accountId: string, list: DeviceList, record: RawDevice) {
    this.accountId = accountId;
    this.list = list;
    this.record = structuredClone(record);
    this.knobs = this.#normalKnobs();
  }

  resetKnobs(): void {
    this.knobs = this.#normalKnobs();
  }

  get id(): number {
    return this.record.id;
  }

  /** How the command line and the log call it: `front-door`. */
  get slug(): string {
    // Records of tests may lack what Ring always sends.
    return slugOf(String(this.record.description ?? this.record.id));
  }

  get isDoorbell(): boolean {
    return this.list === "doorbots" || this.list === "authorized_doorbots" || this.record.kind.startsWith("doorbell");
  }

  get isIntercom(): boolean {
    return this.record.kind.startsWith("intercom");
  }

  get isCamera(): boolean {
    return this.isDoorbell || this.list === "stickup_cams" || this.record.kind === "onvif_camera";
  }

  get isOffline(): boolean {
    return valueAt(this.record, "alerts.connection") === "offline";
  }

  /** Shared by another owner: seen, but not changed. */
  get isShared(): boolean {
    return this.record["owned"] === false;
  }

  get hasSubscription(): boolean {
    return valueAt(this.record, "features.show_recordings") === true;
  }

  get hasLight(): boolean {
    return this.record["led_status"] !== undefined;
  }

  get hasSiren(): boolean {
    return this.record["siren_status"] !== undefined;
  }

  get isMotionDetected(): boolean {
    return valueAt(this.record, "settings.motion_detection_enabled") !== false;
  }

  /** Fed by its battery now: Ring decides by the power mode and by the health report. */
  get runsOnBattery(): boolean {
    if (valueAt(this.record, "settings.power_mode") === "wired") return false;
    const health = objectAt(this.record, "health");
    return health["battery_present"] === true || health["battery_percentage"] !== undefined;
  }

  /** Battery doorbells push twice: first without, then with picture. */
  #normalKnobs(): CameraKnobs {
    const knobs = structuredClone(normalCamera);
    if (this.isDoorbell && this.runsOnBattery) knobs.push.image = "later";
    return knobs;
  }

  switchLight(isOn: boolean): void {
    this.record["led_status"] = isOn ? "on" : "off";
    const health = objectAt(this.record, "health");
    for (const field of ["floodlight_on", "white_led_on"]) if (field in health) health[field] = isOn;
  }

  soundSiren(durationSeconds: number, now: number): SirenRun {
    this.#siren = durationSeconds > 0 ? { startedAt: now, durationSeconds } : undefined;
    return { startedAt: now, durationSeconds };
  }

  sirenSecondsLeft(now: number): number {
    if (!this.#siren) return 0;
    const left = Math.ceil(this.#siren.durationSeconds - (now - this.#siren.startedAt) / 1000);
    if (left <= 0) this.#siren = undefined;
    return Math.max(0, left);
  }

  setBattery(percent: number, bay: 1 | 2): void {
    const isSecond = bay === 2;
    this.record[isSecond ? "battery_life_2" : "battery_life"] = String(percent);
    const health = objectAt(this.record, "health");
    health[isSecond ? "second_battery_percentage" : "battery_percentage"] = percent;
    const category = isSecond ? "second_battery_percentage_category" : "battery_percentage_category";
    health[category] = percent >= 80 ? "very_good" : percent >= 30 ? "good" : "poor";
    setAt(this.record, "alerts.battery", percent < 20 ? "low" : undefined);
  }

  setConnection(isOnline: boolean): void {
    setAt(this.record, "alerts.connection", isOnline ? "online" : "offline");
    if (isObject(this.record["health"])) setAt(this.record, "health.connected", isOnline);
  }

  change(patch: JsonObject): void {
    mergeInto(this.record, patch);
  }

  /** The record as the next poll sees it, timers counted down. */
  view(now: number, subscription?: { ding: boolean; motion: boolean }): RawDevice {
    const view = structuredClone(this.record);
    if (this.hasSiren) this.#showSiren(view, now);
    if (subscription && "subscribed" in view) view["subscribed"] = subscription.ding;
    if (subscription && "subscribed_motions" in view) view["subscribed_motions"] = subscription.motion;
    return view;
  }

  #showSiren(view: RawDevice, now: number): void {
    const left = this.sirenSecondsLeft(now);
    if (isObject(view["health"])) setAt(view, "health.siren_on", left > 0);
    view["siren_status"] = this.#siren
      ? { ...sirenReply(this.#siren), seconds_remaining: left }
      : { seconds_remaining: 0 };
  }
}

/** What `siren_on` answers. */
export function sirenReply({ startedAt, durationSeconds }: SirenRun): JsonObject {
  return {
    started_at: new Date(startedAt).toISOString(),
    ends_at: new Date(startedAt + durationSeconds * 1000).toISOString(),
    duration: durationSeconds,
    seconds_remaining: durationSeconds,
  };
}

export const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

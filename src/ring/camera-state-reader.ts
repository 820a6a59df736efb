// Turns Ring's record of a camera into a CameraState, by its fields; a field that is odd or missing costs only itself.
import { plausibleTime } from "../foundation/clock.ts";
import { modelName } from "./camera-models.ts";
import type { CameraState } from "./camera-state.ts";
import { readSettings, settingPaths } from "./settings/setting-table.ts";
import type { CameraRecord } from "./wire/device-list.ts";
import { flagOf, numberOf, recordOf, textOf, type WireRecord } from "./wire/record.ts";

/** Where the record says what a camera has. */
export const featurePaths: readonly string[] = [
  ...["led_status", "siren_status", "features.show_recordings", "features.motion_message_enabled"],
  ...["battery_life", "battery_life_2", "battery_voltage_2", "health.battery_percentage", "health.battery_present"],
  ...["health.second_battery_percentage", "health.network_connection_value", "settings.power_mode"],
  ...settingPaths,
];

/** `page`: the device's settings page, where it is known. */
export function readCameraState(camera: CameraRecord, page?: WireRecord): CameraState {
  const { record } = camera;
  const settings = recordOf(record, "settings");
  const health = recordOf(record, "health");
  const features = recordOf(record, "features");
  const kind = textOf(record, "kind") ?? "unknown";
  const isDoorbell = camera.isInDoorbellList || kind.includes("doorbell");
  const batteryBays = readBatteryBays(record, health);
  const batteries = batteryBays.filter((level) => level !== undefined);
  const lastUpdateSeconds = numberOf(health, "last_update_time");
  const light = readLight(record);
  return {
    ringId: camera.ringId,
    deviceId: camera.deviceId,
    locationId: camera.locationId,
    name: textOf(record, "description") ?? `${isDoorbell ? "Doorbell" : "Camera"} ${camera.ringId}`,
    kind,
    model: modelName(kind, isDoorbell),
    firmware: versionOf(health) ?? versionOf(record),
    firmwareStatus: textOf(health, "firmware_version_status") ?? textOf(record, "firmware_version"),
    isDoorbell,
    isShared: camera.isInSharedList || flagOf(record, "owned") === false,
    isOnline: isOnline(record, health),
    isLiveViewBlocked: flagOf(settings, "live_view_disabled") === true,
    hasRecordings: flagOf(features, "show_recordings") === true,
    light,
    siren: readSiren(record),
    batteries,
    batteryBays,
    activeBay: numberOf(health, "active_battery"),
    isBatteryLow: textOf(recordOf(record, "alerts"), "battery") === "low",
    isCharging: batteryBays.length > 0 && flagOf(record, "external_connection") === true,
    isOnBattery: isOnBattery(textOf(settings, "power_mode"), batteryBays.length > 0),
    isMotionDetectionOn: flagOf(settings, "motion_detection_enabled"),
    canMotionWarn: flagOf(features, "motion_message_enabled") === true,
    isMotionWarningOn: flagOf(settings, "motion_announcement"),
    settings: readSettings({
      isDoorbell,
      hasLight: light !== undefined,
      hasBattery: batteryBays.length > 0,
      record,
      page,
    }),
    wifiNetwork: textOf(health, "wifi_name"),
    signalStrength: numberOf(health, "rssi"),
    isWiredNetwork: textOf(health, "network_connection_value") === "ethernet",
    captureEverySeconds: readCaptureRate(settings),
    updatedAt: plausibleTime(lastUpdateSeconds && lastUpdateSeconds * 1000),
  };
}

/** The field also holds words such as `Up to Date`. */
function versionOf(record: WireRecord | undefined): string | undefined {
  const text = textOf(record, "firmware_version");
  return text && /\d/.test(text) ? text : undefined;
}

/** Ring calls its snapshot capture `lite_24x7`. */
function readCaptureRate(settings: WireRecord | undefined): number | undefined {
  const capture = recordOf(settings, "lite_24x7");
  const seconds = numberOf(capture, "frequency_secs");
  return flagOf(capture, "enabled") === true && seconds !== undefined && seconds > 0 ? seconds : undefined;
}

function isOnline(record: WireRecord, health: WireRecord | undefined): boolean {
  const connection = textOf(recordOf(record, "alerts"), "connection");
  return connection === undefined ? flagOf(health, "connected") !== false : connection !== "offline";
}

export function readLight(record: WireRecord): boolean | undefined {
  const timed = recordOf(record, "led_status");
  if (timed) return (numberOf(timed, "seconds_remaining") ?? 0) > 0;
  const word = textOf(record, "led_status");
  return word === undefined ? undefined : word === "on";
}

export function readSiren(record: WireRecord): CameraState["siren"] {
  const siren = recordOf(record, "siren_status");
  if (!siren) return undefined;
  const secondsRemaining = Math.max(numberOf(siren, "seconds_remaining") ?? 0, 0);
  return { isOn: secondsRemaining > 0, secondsRemaining };
}

/** Ring's own word first; a bay counts also while its level is not known. */
function isOnBattery(powerMode: string | undefined, hasBay: boolean): boolean {
  return powerMode === "battery" || (hasBay && powerMode !== "wired");
}

/** Wired cameras report a level too, some of them in millivolts: only what health confirms is a battery. */
function readBatteryBays(record: WireRecord, health: WireRecord | undefined): (number | undefined)[] {
  const isConfirmed =
    !health ||
    Boolean(health["battery_percentage"]) ||
    health["battery_present"] === true ||
    Boolean(health["second_battery_percentage"]);
  if (!isConfirmed) return [];
  const first = levelOf(record["battery_life"], health?.["battery_percentage"]);
  const second = levelOf(record["battery_life_2"], health?.["second_battery_percentage"]);
  const hasSecond = second !== undefined || "battery_voltage_2" in record;
  if (hasSecond) return [first, second];
  // Without health only a level that can be one speaks for a battery.
  return first !== undefined || health ? [first] : [];
}

function levelOf(...levels: readonly unknown[]): number | undefined {
  const level = levels.map((value) => numberOf({ value }, "value")).find(isPercent);
  return level === undefined ? undefined : Math.round(level);
}

function isPercent(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= 100;
}

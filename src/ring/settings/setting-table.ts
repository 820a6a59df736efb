// Where each setting stands at Ring: on the device's settings page (devices/v1), in the record of the device list, or both.
import { valueAt } from "../wire/path.ts";
import type { WireRecord } from "../wire/record.ts";
import type { CameraSettings, SettingName, SettingValue } from "./camera-settings.ts";
import { chimeType, count, durationText, flag, powerMode, type SettingForm, tenSteps } from "./setting-forms.ts";

interface Place<Value> {
  readonly path: string;
  readonly form: SettingForm<Value>;
}

/** What decides whether a camera has a setting: Ring's pages list settings of things that the camera does not have. */
export interface SettingFacts {
  readonly isDoorbell: boolean;
  readonly hasLight: boolean;
  readonly hasBattery: boolean;
  readonly record: WireRecord;
  readonly page: WireRecord | undefined;
}

export interface SettingRow<Value> {
  /** For people. */
  readonly thing: string;
  readonly page: Place<Value>;
  /** Wins where it is there: the device list is read all the time, the page rarely. */
  readonly record?: Place<Value>;
  /** `put`: on clients_api/doorbots, as clients have always set it; else a PATCH of the page. */
  readonly by: "patch" | "put";
  readonly exists?: (facts: SettingFacts) => boolean;
}

type SettingTable = { readonly [Name in SettingName]-?: SettingRow<SettingValue<Name>> };

const ofDoorbell = ({ isDoorbell }: SettingFacts): boolean => isDoorbell;
const ofLight = ({ hasLight }: SettingFacts): boolean => hasLight;
const ofBattery = ({ hasBattery }: SettingFacts): boolean => hasBattery;
const withChime = (facts: SettingFacts): boolean => {
  const type = facts.isDoorbell ? readSetting(settingTable.chimeType, facts) : undefined;
  return type === "mechanical" || type === "digital";
};
const capturePath = "settings.lite_24x7.subscribed";
const withCapture = ({ record }: SettingFacts): boolean => valueAt(record, capturePath) === true;
const withPlanFor =
  (features: readonly string[]) =>
  ({ record, page }: SettingFacts): boolean =>
    features.some((feature) =>
      [valueAt(record, `settings.cv_paid_features.${feature}`), valueAt(page, paidPath(feature))].includes(true),
    );

const paidPath = (feature: string): string => `backend_settings.paid_features.${feature}`;

/** The same value on both pages. */
function setting<Value>(
  thing: string,
  form: SettingForm<Value>,
  [page, record]: readonly [page: string, record?: string],
  rest: Partial<Pick<SettingRow<Value>, "by" | "exists">> = {},
): SettingRow<Value> {
  return {
    thing,
    page: { path: page, form },
    ...(record === undefined ? {} : { record: { path: record, form } }),
    by: "patch",
    ...rest,
  };
}

/** `features`: what a plan calls it, where that is not the name of the type. */
function detection(thing: string, type: string, features: readonly string[] = [type]): SettingRow<boolean> {
  const path = `cv_settings.detection_types.${type}.enabled`;
  return setting(`${thing} detection`, flag, [path, `settings.${path}`], { exists: withPlanFor(features) });
}

export const settingTable: SettingTable = {
  motionDetection: setting("motion detection", flag, [
    "motion_settings.motion_detection_enabled",
    "settings.motion_detection_enabled",
  ]),
  chime: setting("in-home chime", flag, ["chime_settings.enable", "settings.chime_settings.enable"], {
    by: "put",
    exists: withChime,
  }),
  chimeType: setting("type of the in-home chime", chimeType, ["chime_settings.type", "settings.chime_settings.type"], {
    by: "put",
    exists: ofDoorbell,
  }),
  chimeSeconds: setting(
    "duration of the in-home chime",
    count,
    ["chime_settings.duration", "settings.chime_settings.duration"],
    {
      by: "put",
      exists: (facts) => facts.isDoorbell && readSetting(settingTable.chimeType, facts) === "digital",
    },
  ),
  doorbellVolume: setting("doorbell volume", count, ["volume_settings.doorbell_volume", "settings.doorbell_volume"], {
    by: "put",
    exists: ofDoorbell,
  }),
  microphoneVolume: setting("microphone volume", count, ["volume_settings.mic_volume", "settings.mic_volume"]),
  voiceVolume: setting("voice volume", count, ["volume_settings.voice_volume", "settings.voice_volume"]),
  lightBrightness: {
    thing: "brightness of the light",
    page: { path: "floodlight_settings.brightness", form: count },
    record: { path: "settings.floodlight_settings.brightness", form: tenSteps },
    by: "patch",
    exists: ofLight,
  },
  lightSeconds: {
    thing: "duration of the light",
    page: { path: "floodlight_settings.duration", form: durationText },
    record: { path: "settings.floodlight_settings.duration", form: count },
    by: "patch",
    exists: ofLight,
  },
  hevc: setting("HEVC video", flag, ["video_settings.hevc_enabled", "settings.video_settings.hevc_enabled"]),
  hdr: setting("HDR video", flag, ["video_settings.hdr_enable"]),
  colorNightVision: setting("color night vision", flag, ["video_settings.night_color_enable"]),
  infraredLight: setting("infrared light", flag, ["motion_settings.enable_ir_led", "settings.enable_ir_led"]),
  infraredBrightness: setting("brightness of the infrared light", count, ["video_settings.ir_led_brightness"]),
  audioRecording: setting("audio recording", flag, [
    "general_settings.enable_audio_recording",
    "settings.enable_audio_recording",
  ]),
  recordingSeconds: setting("recording length", count, [
    "video_settings.clip_length_max",
    "settings.video_settings.clip_length_max",
  ]),
  captureSeconds: setting(
    "snapshot capture",
    count,
    ["snapshot_settings.frequency_secs", "settings.lite_24x7.frequency_secs"],
    { exists: withCapture },
  ),
  powerMode: setting("power mode", powerMode, ["general_settings.power_mode", "settings.power_mode"], {
    exists: ofBattery,
  }),
  personDetection: detection("person", "human"),
  vehicleDetection: detection("vehicle", "moving_vehicle", ["moving_vehicle", "vehicle"]),
  packageDetection: detection("package", "package_delivery"),
  animalDetection: detection("animal", "animal"),
  loiteringDetection: detection("loitering", "loitering"),
};

export const settingNames = Object.keys(settingTable).filter(isSettingName);

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingTable, name);
}

const paidFeatures = ["human", "moving_vehicle", "vehicle", "package_delivery", "animal", "loitering"];

/** What of a settings page is worth keeping: these paths, and nothing else of it. */
export const pagePaths: readonly string[] = [
  ...new Set([...settingNames.map((name) => settingTable[name].page.path), ...paidFeatures.map(paidPath)]),
];

/** Where the record in the device list shows settings, and what decides about them. */
export const settingPaths: readonly string[] = [
  ...new Set([
    ...settingNames.flatMap((name) => settingTable[name].record?.path ?? []),
    ...["settings.motion_announcement", capturePath],
    ...paidFeatures.map((feature) => `settings.cv_paid_features.${feature}`),
  ]),
];

interface ReadablePlace<Value> {
  readonly path: string;
  readonly form: Pick<SettingForm<Value>, "read">;
}

/** The value as it is known now, whether or not the camera has the thing. */
export function readSetting<Value>(
  row: { readonly page: ReadablePlace<Value>; readonly record?: ReadablePlace<Value> },
  facts: Pick<SettingFacts, "record" | "page">,
): Value | undefined {
  const listed = row.record?.form.read(valueAt(facts.record, row.record.path));
  return listed ?? row.page.form.read(valueAt(facts.page, row.page.path));
}

/** All settings that the camera has. */
export function readSettings(facts: SettingFacts): CameraSettings {
  const values: Partial<Record<SettingName, SettingValue>> = {};
  for (const name of settingNames) {
    const row = settingTable[name];
    const value = row.exists?.(facts) === false ? undefined : readSetting<SettingValue>(row, facts);
    if (value !== undefined) values[name] = value;
  }
  // A parse edge: each row reads what its name stands for.
  return values as CameraSettings;
}

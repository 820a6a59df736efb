// The settings of a camera at Ring: each is there where the camera's own data show it, and is written with read-back.
import type { CameraSettings, SettingName, SettingValue } from "../../ring/settings/camera-settings.ts";
import type { CameraActions, CameraView } from "../camera-view.ts";
import { BadCommandError, parseOnOff } from "../errors.ts";
import { type Attributes, type EntityRow, onOff } from "./entity-row.ts";
import { isWithin, type Limits, parseNumber } from "./parse-number.ts";

type Row = EntityRow<CameraView, CameraActions>;
type NameOf<Value> = { [Name in SettingName]: SettingValue<Name> extends Value ? Name : never }[SettingName];

interface Base {
  readonly key: string;
  readonly name: string;
  readonly icon: string;
  /** Rarely wanted: the owner enables it in Home Assistant. */
  readonly isHidden?: boolean;
}

const volumes = { min: 0, max: 11 };
const percent = { min: 0, max: 100 };

export const settingRows: readonly Row[] = [
  switchRow("motionDetection", {
    key: "motion_detection",
    name: "Motion detection",
    icon: "mdi:motion-sensor",
  }),
  {
    ...base({ key: "motion_warning", name: "Motion warning", icon: "mdi:bullhorn-outline" }, "switch"),
    exists: ({ camera }) => camera.canMotionWarn,
    state: ({ camera }) => (camera.isMotionWarningOn === undefined ? undefined : onOff(camera.isMotionWarningOn)),
    write: (payload, actions, signal) => actions.setMotionWarning(parseOnOff(payload), signal),
  },
  switchRow("chime", { key: "chime", name: "In-home chime", icon: "mdi:bell-ring-outline" }),
  selectRow("chimeType", ["mechanical", "digital", "no chime"], {
    key: "chime_type",
    name: "In-home chime type",
    icon: "mdi:bell-cog-outline",
  }),
  numberRow("chimeSeconds", { min: 1, max: 60 }, "s", {
    key: "chime_duration",
    name: "In-home chime duration",
    icon: "mdi:timer-music-outline",
  }),
  numberRow("doorbellVolume", volumes, undefined, {
    key: "doorbell_volume",
    name: "Doorbell volume",
    icon: "mdi:volume-high",
  }),
  numberRow("microphoneVolume", volumes, undefined, {
    key: "mic_volume",
    name: "Microphone volume",
    icon: "mdi:microphone",
  }),
  numberRow("voiceVolume", volumes, undefined, {
    key: "voice_volume",
    name: "Voice volume",
    icon: "mdi:account-voice",
  }),
  numberRow("lightBrightness", { min: 10, max: 100, step: 10 }, "%", {
    key: "light_brightness",
    name: "Light brightness",
    icon: "mdi:brightness-6",
  }),
  numberRow("lightSeconds", { min: 1, max: 3_600 }, "s", {
    key: "light_duration",
    name: "Light duration",
    icon: "mdi:timer-outline",
  }),
  switchRow("infraredLight", { key: "infrared_light", name: "Infrared night vision", icon: "mdi:weather-night" }),
  switchRow("colorNightVision", {
    key: "color_night_vision",
    name: "Color night vision",
    icon: "mdi:palette-outline",
  }),
  switchRow("hdr", { key: "hdr", name: "HDR video", icon: "mdi:hdr" }),
  switchRow("hevc", { key: "hevc", name: "HEVC recordings", icon: "mdi:video-high-definition" }),
  switchRow("audioRecording", { key: "audio_recording", name: "Audio recording", icon: "mdi:record-rec" }),
  numberRow("infraredBrightness", percent, "%", {
    key: "infrared_brightness",
    name: "Infrared brightness",
    icon: "mdi:brightness-4",
    isHidden: true,
  }),
  numberRow("recordingSeconds", { min: 1, max: 600 }, "s", {
    key: "recording_length",
    name: "Recording length",
    icon: "mdi:movie-open-outline",
    isHidden: true,
  }),
  numberRow("captureSeconds", { min: 1, max: 604_800 }, "s", {
    key: "capture_interval",
    name: "Ring's snapshot capture interval",
    icon: "mdi:camera-timer",
    isHidden: true,
  }),
  selectRow("powerMode", ["battery", "wired"], {
    key: "power_mode",
    name: "Power mode",
    icon: "mdi:power-plug-battery-outline",
    isHidden: true,
  }),
  detectionRow("personDetection", "person", "Person detection", "mdi:human"),
  detectionRow("vehicleDetection", "vehicle", "Vehicle detection", "mdi:car"),
  detectionRow("packageDetection", "package", "Package detection", "mdi:package-variant"),
  detectionRow("animalDetection", "animal", "Animal detection", "mdi:paw"),
  detectionRow("loiteringDetection", "loitering", "Loitering detection", "mdi:walk"),
];

function detectionRow(setting: NameOf<boolean>, what: string, name: string, icon: string): Row {
  return switchRow(setting, { key: `${what}_detection`, name, icon, isHidden: true });
}

function base({ key, name, icon, isHidden = false }: Base, platform: Row["platform"], options: Attributes = {}) {
  const topics = ["state", "attributes", "command"] as const;
  const hidden = isHidden ? { enabled_by_default: false } : {};
  return { key, platform, topics, options: { name, icon, entity_category: "config", ...options, ...hidden } };
}

function has(setting: SettingName): (view: CameraView) => boolean {
  return ({ camera }) => camera.settings[setting] !== undefined;
}

function shown(setting: SettingName, text: (value: SettingValue) => string): (view: CameraView) => string | undefined {
  return ({ camera }) => {
    const settings: CameraSettings = camera.settings;
    const value = settings[setting];
    return value === undefined ? undefined : text(value);
  };
}

function switchRow(setting: NameOf<boolean>, texts: Base): Row {
  return {
    ...base(texts, "switch"),
    exists: has(setting),
    state: shown(setting, (value) => onOff(value === true)),
    write: (payload, actions, signal) => actions.changeSetting(setting, parseOnOff(payload), signal),
  };
}

function numberRow(
  setting: NameOf<number>,
  limits: Limits & { readonly step?: number },
  unit: "s" | "%" | undefined,
  texts: Base,
): Row {
  const mode = unit === "s" ? "box" : "slider";
  const deviceClass = unit === "s" ? { device_class: "duration" } : {};
  const options = { step: 1, ...limits, mode, ...(unit && { unit_of_measurement: unit }), ...deviceClass };
  return {
    ...base(texts, "number", options),
    exists: has(setting),
    // What is outside of the limits would be an error in Home Assistant's log; "None" shows it as unknown.
    state: shown(setting, (value) => (isWithin(Number(value), limits) ? String(value) : "None")),
    write: (payload, actions, signal) => actions.changeSetting(setting, parseNumber(payload, limits), signal),
  };
}

function selectRow<Name extends NameOf<string>>(
  setting: Name,
  choices: readonly (SettingValue<Name> & string)[],
  texts: Base,
): Row {
  return {
    ...base(texts, "select", { options: choices }),
    exists: has(setting),
    state: shown(setting, String),
    write: (payload, actions, signal) => {
      const choice = choices.find((known) => known === payload.trim().toLowerCase());
      if (choice === undefined) throw new BadCommandError(payload, `one of ${choices.join(", ")}`);
      return actions.changeSetting(setting, choice, signal);
    },
  };
}

// The settings page of a device (devices/v1): shown from the record and written back into it, so that the next poll agrees.
import type { Device } from "./device.ts";
import { isObject, type JsonObject, mergeInto, objectAt, setAt, valueAt } from "./json.ts";

/** Where a setting of devices/v1 stands in the record. */
const fields: readonly (readonly [setting: string, field: string])[] = [
  ["motion_settings.motion_detection_enabled", "settings.motion_detection_enabled"],
  ["motion_settings.advanced_motion_detection_enabled", "settings.advanced_motion_detection_enabled"],
  ["chime_settings", "settings.chime_settings"],
  ["volume_settings.doorbell_volume", "settings.doorbell_volume"],
  ["volume_settings.mic_volume", "settings.mic_volume"],
  ["volume_settings.voice_volume", "settings.voice_volume"],
  ["general_settings.power_mode", "settings.power_mode"],
  ["general_settings.enable_audio_recording", "settings.enable_audio_recording"],
  ["general_settings.live_view_disabled", "settings.live_view_disabled"],
  ["video_settings", "settings.video_settings"],
  ["cv_settings", "settings.cv_settings"],
  ["snapshot_settings.frequency_secs", "settings.lite_24x7.frequency_secs"],
  ["night_light_settings", "settings.night_light_settings"],
  ["keep_alive_settings.keep_alive_auto", "settings.keep_alive_auto"],
];

const constants = {
  stream_settings: { active_streaming_profile: "rms" },
  event_settings: {
    on_demand: { max_duration_s: 720 },
    motion: { max_duration_s: 120 },
  },
  backend_settings: { paid_features: { human: true, extended_live_view: false } },
  ptz_settings: {},
};

export function deviceSettings(device: Device): JsonObject {
  const view: JsonObject = { type: device.record.kind, ...structuredClone(constants) };
  setAt(view, "general_settings.utc_offset", "+00:00");
  for (const [setting, field] of fields) {
    const value = valueAt(device.record, field);
    if (value !== undefined) setAt(view, setting, structuredClone(value));
  }
  setAt(view, "floodlight_settings", floodlightSettings(device));
  mergeInto(view, device.extraSettings);
  return view;
}

/** Known settings change the record; the others, and what the page shows besides, are kept and shown again. */
export function patchDeviceSettings(device: Device, patch: JsonObject): void {
  const rest = structuredClone(patch);
  for (const [setting, field] of fields) {
    const value = valueAt(patch, setting);
    if (value === undefined) continue;
    const present = valueAt(device.record, field);
    if (isObject(value) && isObject(present)) mergeInto(present, value);
    else setAt(device.record, field, structuredClone(value));
    remove(rest, setting);
    if (valueAt(device.extraSettings, setting) !== undefined) setAt(rest, setting, structuredClone(value));
  }
  mergeInto(device.extraSettings, rest);
}

/** Duration as text with its unit, brightness in percent: the record has seconds and ten steps. */
function floodlightSettings(device: Device): JsonObject {
  const settings = objectAt(device.record, "settings.floodlight_settings");
  if (Object.keys(settings).length === 0) return {};
  return { duration: `${settings["duration"] ?? 30}s`, brightness: Number(settings["brightness"] ?? 6) * 10 };
}

function remove(target: JsonObject, path: string): void {
  const [key = path, ...deeper] = path.split(".");
  const child = target[key];
  if (deeper.length === 0) delete target[key];
  else if (isObject(child)) remove(child, deeper.join("."));
}

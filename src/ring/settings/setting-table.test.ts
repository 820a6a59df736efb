import { expect, test } from "vitest";
import { pagePaths, readSettings, type SettingFacts, settingNames, settingTable } from "./setting-table.ts";

const facts = (part: Partial<SettingFacts>): SettingFacts => ({
  isDoorbell: false,
  hasLight: false,
  hasBattery: false,
  record: {},
  page: undefined,
  ...part,
});

test("the device list wins over the settings page, which is read rarely", () => {
  const page = { motion_settings: { motion_detection_enabled: true }, volume_settings: { mic_volume: 4 } };
  const record = { settings: { motion_detection_enabled: false } };
  expect(readSettings(facts({ page, record }))).toEqual({ motionDetection: false, microphoneVolume: 4 });
  expect(readSettings(facts({ page }))).toEqual({ motionDetection: true, microphoneVolume: 4 });
});

test("brightness is percent, however it stands", () => {
  const record = { settings: { floodlight_settings: { brightness: 6, duration: 45 } } };
  const page = { floodlight_settings: { brightness: 70, duration: "1m0s" } };
  expect(readSettings(facts({ hasLight: true, record }))).toEqual({ lightBrightness: 60, lightSeconds: 45 });
  expect(readSettings(facts({ hasLight: true, page }))).toEqual({ lightBrightness: 70, lightSeconds: 60 });
  expect(readSettings(facts({ page, record }))).toEqual({});
});

test.each([
  [0, ["chime", "chimeType"]],
  [1, ["chime", "chimeSeconds", "chimeType"]],
  [2, ["chimeType"]],
])("a chime of type %i: %j", (type, names) => {
  const record = { settings: { chime_settings: { type, enable: true, duration: 5 } } };
  expect(Object.keys(readSettings(facts({ isDoorbell: true, record }))).toSorted()).toEqual(names);
  expect(readSettings(facts({ record }))).toEqual({});
});

test("detections are there with a plan for them, told by the list or by the page", () => {
  const detection = { detection_types: { human: { enabled: true }, moving_vehicle: { enabled: false } } };
  expect(readSettings(facts({ page: { cv_settings: detection } }))).toEqual({});
  const listed = { settings: { cv_settings: detection, cv_paid_features: { human: true } } };
  expect(readSettings(facts({ record: listed }))).toEqual({ personDetection: true });
  const page = { cv_settings: detection, backend_settings: { paid_features: { vehicle: true } } };
  expect(readSettings(facts({ page }))).toEqual({ vehicleDetection: false });
});

test("odd values cost only themselves", () => {
  const settings = { motion_detection_enabled: "perhaps", doorbell_volume: -1, power_mode: 7, video_settings: [1] };
  expect(readSettings(facts({ isDoorbell: true, hasBattery: true, record: { settings } }))).toEqual({});
});

test("the excerpt of the page that is kept has a place for every setting, and each stands elsewhere", () => {
  for (const name of settingNames) expect(pagePaths).toContain(settingTable[name].page.path);
  const places = settingNames.map((name) => settingTable[name].page.path);
  expect(new Set(places).size).toBe(places.length);
});

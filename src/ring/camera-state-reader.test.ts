import fc from "fast-check";
import { expect, test } from "vitest";
import { readCameraState } from "./camera-state-reader.ts";
import { readDeviceList } from "./wire/device-list.ts";

/** The state of one record in one of Ring's lists. */
function stateOf(record: object, list = "stickup_cams") {
  const camera = readDeviceList({ doorbots: [], [list]: [{ id: 7, ...record }] })?.cameras[0];
  if (!camera) throw new Error("the record was not taken for a camera");
  return readCameraState(camera);
}

const confirmed = { battery_percentage: 80, battery_present: true };

test.each([
  // model, list, record, what must come out
  [
    "Battery Doorbell Plus",
    "doorbots",
    { kind: "cocoa_doorbell_v2", battery_life: "87", health: confirmed, settings: { power_mode: "battery" } },
    { isDoorbell: true, batteries: [87], isOnBattery: true, isCharging: false, light: undefined, siren: undefined },
  ],
  [
    "Battery Doorbell Plus",
    "doorbots",
    {
      kind: "cocoa_doorbell_v2",
      battery_life: null,
      external_connection: true,
      health: { battery_present: true },
      settings: { power_mode: "battery" },
    },
    { batteries: [], batteryBays: [undefined], isOnBattery: true, isCharging: true },
  ],
  ["Stick Up Cam", "stickup_cams", { kind: "cocoa_camera", health: { battery_present: true } }, { isOnBattery: true }],
  [
    "Stick Up Cam",
    "stickup_cams",
    { kind: "cocoa_camera", battery_life: null, health: { rssi: -50 }, settings: { power_mode: "battery" } },
    { batteryBays: [], isOnBattery: true },
  ],
  [
    "Doorbell 4",
    "doorbots",
    {
      kind: "doorbell_oyster",
      battery_life: "55",
      external_connection: true,
      health: confirmed,
      settings: { power_mode: "wired" },
    },
    { batteries: [55], isOnBattery: false, isCharging: true },
  ],
  [
    "Doorbell Pro 2",
    "doorbots",
    { kind: "lpd_v4", battery_life: "4011", health: { transformer_voltage: 19.386 } },
    { isDoorbell: true, batteries: [], isOnBattery: false, isCharging: false },
  ],
  ["Doorbell Pro", "doorbots", { kind: "lpd_v1", battery_life: 4011 }, { batteries: [] }],
  [
    "Doorbell Wired",
    "doorbots",
    { kind: "doorbell_graham_cracker", battery_life: null, external_connection: true },
    { batteries: [], isCharging: false },
  ],
  [
    "Doorbell Elite",
    "doorbots",
    { kind: "jbox_v1", health: { network_connection_value: "ethernet" } },
    { isWiredNetwork: true },
  ],
  ["Door View Cam", "doorbots", { kind: "doorbell_portal" }, { isDoorbell: true }],
  [
    "Floodlight Cam",
    "stickup_cams",
    { kind: "floodlight_v2", led_status: "on", siren_status: { seconds_remaining: 12 } },
    { isDoorbell: false, light: true, siren: { isOn: true, secondsRemaining: 12 } },
  ],
  [
    "Floodlight Cam Pro",
    "stickup_cams",
    { kind: "floodlight_pro", led_status: "off", siren_status: { seconds_remaining: 0 } },
    { light: false, siren: { isOn: false, secondsRemaining: 0 } },
  ],
  [
    "Spotlight Cam Plus",
    "stickup_cams",
    {
      kind: "cocoa_spotlight",
      led_status: "off",
      battery_life: "100",
      battery_life_2: "60",
      external_connection: true,
      health: { ...confirmed, second_battery_percentage: 60 },
    },
    { batteries: [100, 60], isCharging: true, isOnBattery: true },
  ],
  [
    "Spotlight Cam Wired",
    "stickup_cams",
    { kind: "hp_cam_v2", led_status: "off", siren_status: { seconds_remaining: 0 }, battery_life: null },
    { batteries: [] },
  ],
  [
    "Stick Up Cam",
    "stickup_cams",
    {
      kind: "cocoa_camera",
      siren_status: { seconds_remaining: 0 },
      battery_life: "33",
      health: confirmed,
      alerts: { battery: "low" },
    },
    { batteries: [33], isBatteryLow: true, light: undefined },
  ],
  [
    "Stick Up Cam Elite",
    "stickup_cams",
    { kind: "stickup_cam_elite", health: { network_connection_value: "ethernet" } },
    { isWiredNetwork: true, batteries: [] },
  ],
  [
    "Indoor Cam",
    "stickup_cams",
    { kind: "stickup_cam_mini", camera_location_indoor: true, health: { battery_percentage: null } },
    { batteries: [] },
  ],
  ["Ring Doorbell", "doorbots", { kind: "df_doorbell_clownfish" }, { isDoorbell: true, kind: "df_doorbell_clownfish" }],
  ["Ring Doorbell", "stickup_cams", { kind: "cocoa_doorbell_v5" }, { isDoorbell: true }],
  ["Ring Camera", "stickup_cams", { kind: "cocoa_camera_v3" }, { isDoorbell: false }],
  ["Ring Camera", "other", { kind: "three_p_cam" }, { isDoorbell: false }],
  ["ONVIF Camera", "other", { kind: "onvif_camera" }, { isDoorbell: false }],
  ["Ring Camera", "stickup_cams", { kind: "constructor" }, { kind: "constructor" }],
] as const)("%s in %s: %j", (model, list, record, expected) => {
  expect(stateOf(record, list)).toMatchObject({ model, ...expected });
});

test("settings, features and health are read where they stand", () => {
  const state = stateOf({
    device_id: "54e019aabbcc",
    location_id: "abc",
    description: " Garden ",
    firmware_version: "Up to Date",
    alerts: { connection: "offline" },
    features: { show_recordings: true, motion_message_enabled: true },
    settings: { live_view_disabled: true, motion_detection_enabled: false, motion_announcement: true },
    health: { wifi_name: "Home", rssi: -61, firmware_version: "cam-1.2", last_update_time: 1_700_000_000 },
  });
  expect(state).toMatchObject({
    ringId: 7,
    deviceId: "54e019aabbcc",
    locationId: "abc",
    name: "Garden",
    firmware: "cam-1.2",
    isOnline: false,
    isLiveViewBlocked: true,
    hasRecordings: true,
    canMotionWarn: true,
    isMotionWarningOn: true,
    isMotionDetectionOn: false,
    wifiNetwork: "Home",
    signalStrength: -61,
    updatedAt: 1_700_000_000_000,
  });
});

test.each([[1.8e15], [-1], [0], ["soon"], [1_700_000_000_000]])("a last update at %s s is none", (last_update_time) => {
  expect(stateOf({ health: { last_update_time } }).updatedAt).toBeUndefined();
});

test("a shared doorbell is a shared doorbell", () => {
  expect(stateOf({ kind: "lpd_v2" }, "authorized_doorbots")).toMatchObject({ isDoorbell: true, isShared: true });
  expect(stateOf({ owned: false })).toMatchObject({ isShared: true });
});

test("a record with nothing but an id is a camera with a name", () => {
  expect(stateOf({})).toMatchObject({
    ringId: 7,
    deviceId: "7",
    locationId: "unknown",
    name: "Camera 7",
    kind: "unknown",
    model: "Ring Camera",
    isOnline: true,
  });
});

test("no record, however absurd, throws or gives a value of a wrong type", () => {
  const keys = [
    "kind",
    "description",
    "device_id",
    "location_id",
    "settings",
    "health",
    "alerts",
    "features",
    "led_status",
    "siren_status",
    "battery_life",
    "battery_life_2",
    "external_connection",
    "owned",
    "firmware_version",
  ];
  const record = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ depthSize: "small" }) as fc.Arbitrary<unknown>);
  fc.assert(
    fc.property(record, fc.constantFrom("doorbots", "stickup_cams", "authorized_doorbots"), (fields, list) => {
      const state = stateOf(fields, list);
      expect(typeof state.name).toBe("string");
      expect(state.name).not.toBe("");
      expect(state.deviceId).toMatch(/^[\w-]+$/);
      expect(state.batteries.every((level) => level >= 0 && level <= 100)).toBe(true);
      expect([true, false, undefined]).toContain(state.light);
      expect(state.siren === undefined || state.siren.secondsRemaining >= 0).toBe(true);
    }),
    { numRuns: 300 },
  );
});

// Cameras for tests of the bridge.
import type { CameraState } from "../ring/camera-state.ts";

export const plainCamera: CameraState = {
  ringId: 987_652,
  deviceId: "54e019aabbcc",
  locationId: "abc123-xyz45-0",
  name: "Back Yard",
  kind: "stickup_cam_mini",
  model: "Indoor Camera",
  firmware: "cam-19.5.2800",
  firmwareStatus: "Up to Date",
  isDoorbell: false,
  isShared: false,
  isOnline: true,
  isLiveViewBlocked: false,
  hasRecordings: true,
  light: undefined,
  siren: undefined,
  batteries: [],
  batteryBays: [],
  activeBay: undefined,
  isBatteryLow: false,
  isCharging: false,
  isOnBattery: false,
  isMotionDetectionOn: true,
  canMotionWarn: false,
  isMotionWarningOn: undefined,
  settings: {},
  wifiNetwork: "home",
  signalStrength: -48,
  isWiredNetwork: false,
  captureEverySeconds: undefined,
  updatedAt: Date.UTC(2026, 10, 20, 12, 0, 0),
};

export const floodlight: CameraState = {
  ...plainCamera,
  name: "Drive",
  light: false,
  siren: { isOn: false, secondsRemaining: 0 },
};

export const batteryDoorbell: CameraState = {
  ...plainCamera,
  name: "Front Door",
  isDoorbell: true,
  batteries: [87, 60],
  batteryBays: [87, 60],
  isOnBattery: true,
};

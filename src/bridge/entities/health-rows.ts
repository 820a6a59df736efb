// How a camera is: battery, power, network, firmware, addresses.
import type { CameraState } from "../../ring/camera-state.ts";
import type { CameraActions, CameraView } from "../camera-view.ts";
import type { EntityRow } from "./entity-row.ts";
import { batteryInfo, infoOf, networkInfo } from "./info-state.ts";

type Row = EntityRow<CameraView, CameraActions>;

const percent = {
  device_class: "battery",
  unit_of_measurement: "%",
  state_class: "measurement",
  entity_category: "diagnostic",
};

/** "None" is what makes Home Assistant forget a value; of an empty text it complains, or it keeps the old number. */
const infoValue = (key: string): string => `{{ value_json["${key}"] | default("None") }}`;

export const healthRows: readonly Row[] = [
  {
    key: "battery",
    platform: "sensor",
    topics: ["attributes"],
    readsFrom: "info",
    options: { name: "Battery", ...percent, value_template: infoValue("batteryLevel") },
    exists: ({ camera }) => camera.batteryBays.length > 0,
    attributes: ({ camera }) => ({
      ...batteryInfo(camera),
      isCharging: camera.isCharging,
      isLow: camera.isBatteryLow,
    }),
  },
  batteryBayRow(1),
  batteryBayRow(2),
  {
    key: "power_source",
    platform: "sensor",
    topics: ["state"],
    options: {
      name: "Power source",
      device_class: "enum",
      options: ["battery", "battery_charging", "wired"],
      entity_category: "diagnostic",
      icon: "mdi:power-plug-outline",
    },
    exists: () => true,
    state: ({ camera }) => powerSourceOf(camera),
  },
  {
    key: "connection",
    platform: "binary_sensor",
    topics: [],
    showsAvailability: true,
    options: { name: "Connection", device_class: "connectivity", entity_category: "diagnostic" },
    exists: () => true,
  },
  {
    key: "wireless",
    platform: "sensor",
    topics: ["attributes"],
    readsFrom: "info",
    options: {
      name: "Wi-Fi signal",
      device_class: "signal_strength",
      unit_of_measurement: "dBm",
      state_class: "measurement",
      entity_category: "diagnostic",
      enabled_by_default: false,
      value_template: infoValue("wirelessSignal"),
    },
    exists: ({ camera }) => !camera.isWiredNetwork,
    attributes: ({ camera }) => networkInfo(camera),
  },
  {
    key: "firmware",
    platform: "sensor",
    topics: ["state", "attributes"],
    options: { name: "Firmware", entity_category: "diagnostic", icon: "mdi:chip" },
    exists: () => true,
    state: ({ camera }) => camera.firmware ?? camera.firmwareStatus,
    attributes: ({ camera }) => ({ status: camera.firmwareStatus ?? null }),
  },
  {
    key: "info",
    platform: "sensor",
    topics: ["state"],
    attributesFromState: true,
    options: {
      name: "Last report",
      device_class: "timestamp",
      entity_category: "diagnostic",
      icon: "mdi:information-outline",
      value_template: infoValue("lastUpdate"),
    },
    exists: () => true,
    state: (view) => JSON.stringify(infoOf(view)),
  },
];

/** Only where there are two of them; `battery` tells the rest. */
function batteryBayRow(bay: 1 | 2): Row {
  return {
    key: `battery_${bay}`,
    platform: "sensor",
    topics: ["state"],
    options: { name: `Battery bay ${bay}`, ...percent },
    exists: ({ camera }) => camera.batteryBays.length > 1,
    // A battery that was taken out has no level any more.
    state: ({ camera }) => String(camera.batteryBays[bay - 1] ?? "None"),
  };
}

function powerSourceOf({ isOnBattery, isCharging }: CameraState): string {
  if (!isOnBattery) return "wired";
  return isCharging ? "battery_charging" : "battery";
}

// How a camera is: battery, network, addresses.
import type { CameraActions, CameraView } from "../camera-view.ts";
import type { EntityRow } from "./entity-row.ts";
import { infoOf } from "./info-state.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const healthRows: readonly Row[] = [
  {
    key: "battery",
    platform: "sensor",
    topics: ["attributes"],
    readsFrom: "info",
    options: {
      name: "Battery",
      device_class: "battery",
      unit_of_measurement: "%",
      state_class: "measurement",
      entity_category: "diagnostic",
      value_template: '{{ value_json["batteryLevel"] | default("") }}',
    },
    exists: ({ camera }) => camera.batteries.length > 0,
    attributes: ({ camera }) => ({
      batteryLevel: Math.min(...camera.batteries),
      ...Object.fromEntries(camera.batteries.map((level, bay) => [`batteryLevel${bay + 1}`, level])),
      isCharging: camera.isCharging,
    }),
  },
  {
    key: "info",
    platform: "sensor",
    topics: ["state"],
    attributesFromState: true,
    options: {
      name: "Info",
      device_class: "timestamp",
      entity_category: "diagnostic",
      icon: "mdi:information-outline",
      value_template: '{{ value_json["lastUpdate"] | default("") }}',
    },
    exists: () => true,
    state: (view) => JSON.stringify(infoOf(view)),
  },
];

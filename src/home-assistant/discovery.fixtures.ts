// Devices and entities for tests: one of each platform that we use.
import type { Origin } from "./discovery-payload.ts";
import type { DeviceDescription, EntityDescription } from "./entity-description.ts";

export const testOrigin: Origin = {
  name: "Belfry",
  softwareVersion: "0.1.0",
  supportUrl: "https://example.org/belfry",
};

export const bridgeDevice: DeviceDescription = {
  id: "belfry_1a2b3c",
  locationId: "bridge",
  category: "bridge",
  name: "Belfry",
  manufacturer: "Belfry",
  model: "Bridge",
  softwareVersion: "0.1.0",
};

export const frontDoor: DeviceDescription = {
  id: "987654321",
  locationId: "3c55f5b0-77bf-4d3c-9a31-5a3f1c1f0b7e",
  category: "camera",
  name: "Front Door",
  manufacturer: "Ring",
  model: "Video Doorbell Pro",
  via: "belfry_1a2b3c",
};

export const problemEntity: EntityDescription = {
  key: "problem",
  platform: "sensor",
  topics: ["state"],
  options: { name: "Problem", entity_category: "diagnostic" },
};

export const everyPlatform: readonly EntityDescription[] = [
  { key: "motion", platform: "binary_sensor", topics: ["state", "attributes"], options: { device_class: "motion" } },
  { key: "take_snapshot", platform: "button", topics: ["command"], options: { name: "Take snapshot" } },
  { key: "snapshot", platform: "camera", topics: ["image", "attributes"], options: { name: null } },
  {
    key: "doorbell_event",
    platform: "event",
    topics: ["state"],
    options: { device_class: "doorbell", event_types: ["ring"] },
  },
  { key: "snapshot_image", platform: "image", readsFrom: "snapshot", topics: [], options: { name: "Picture" } },
  { key: "light", platform: "light", topics: ["state", "command"], options: { name: "Light" } },
  {
    key: "snapshot_interval",
    platform: "number",
    topics: ["state", "command"],
    options: { name: "Snapshot interval", min: 10, max: 3600, entity_category: "config", unit_of_measurement: "s" },
  },
  {
    key: "event_select",
    platform: "select",
    topics: ["state", "attributes", "command"],
    options: { name: "Event select", options: ["Motion 1", "Ding 1"] },
  },
  {
    key: "battery",
    platform: "sensor",
    readsFrom: "info",
    topics: ["attributes"],
    options: {
      device_class: "battery",
      state_class: "measurement",
      unit_of_measurement: "%",
      entity_category: "diagnostic",
      value_template: "{{ value_json.batteryLevel }}",
    },
  },
  {
    key: "siren",
    platform: "siren",
    topics: ["state", "command"],
    options: { name: "Siren", support_duration: false, support_volume_set: false },
  },
  { key: "stream", platform: "switch", topics: ["state", "attributes", "command"], options: { name: "Live stream" } },
  { key: "firmware", platform: "update", topics: ["state"], options: { device_class: "firmware", title: "Firmware" } },
];

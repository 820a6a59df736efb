// The discovery messages of ring-mqtt, in the shapes that it sends: somebody moves over from it.
import type { Device } from "../../simulator/device.ts";

export interface RingMqttMessage {
  readonly topic: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What ring-mqtt 5 announces of a doorbell with a light, one message for each entity. */
export function ringMqttDiscovery({ record }: Device): RingMqttMessage[] {
  const base = `ring/${record.location_id}/camera/${record.device_id}`;
  const device = { ids: [record.device_id], name: record.description, mf: "Ring", mdl: "Doorbell" };
  const availability = {
    availability_topic: `${base}/status`,
    payload_available: "online",
    payload_not_available: "offline",
  };
  const entity = (component: string, key: string, options: object = {}): RingMqttMessage => ({
    topic: `homeassistant/${component}/${record.location_id}/${record.device_id}_${key}/config`,
    config: { name: key, unique_id: `${record.device_id}_${key}`, ...options, ...availability, device },
  });
  const read = (component: string, key: string, options: object = {}): RingMqttMessage =>
    entity(component, key, { state_topic: `${base}/${key}/state`, ...options });
  const write = (component: string, key: string, options: object = {}): RingMqttMessage =>
    read(component, key, { command_topic: `${base}/${key}/command`, ...options });
  const info = { state_topic: `${base}/info/state`, entity_category: "diagnostic" };
  return [
    read("binary_sensor", "motion", { device_class: "motion", json_attributes_topic: `${base}/motion/attributes` }),
    read("binary_sensor", "ding", { device_class: "occupancy", icon: "mdi:doorbell-video" }),
    write("switch", "stream", { icon: "mdi:cctv", entity_category: "diagnostic" }),
    write("switch", "event_stream", { icon: "mdi:vhs", entity_category: "diagnostic" }),
    write("select", "event_select", { options: ["Ding 1", "Motion 1"], entity_category: "config" }),
    write("switch", "siren", { icon: "mdi:alarm-light" }),
    write("light", "light"),
    entity("camera", "snapshot", { topic: `${base}/snapshot/image` }),
    write("select", "snapshot_mode", { options: ["All", "Auto", "Disabled"], entity_category: "config" }),
    write("number", "snapshot_interval", { min: 10, max: 604_800, mode: "box", entity_category: "config" }),
    entity("button", "take_snapshot", { command_topic: `${base}/take_snapshot/command` }),
    write("switch", "motion_detection", { entity_category: "config" }),
    write("switch", "motion_warning", { entity_category: "config" }),
    write("number", "motion_duration", { min: 10, max: 180, mode: "box", entity_category: "config" }),
    write("number", "ding_duration", { min: 10, max: 180, entity_category: "config" }),
    read("sensor", "info", { device_class: "timestamp", ...info }),
    read("sensor", "wireless", { device_class: "signal_strength", unit_of_measurement: "dBm", ...info }),
    read("sensor", "battery", { device_class: "battery", unit_of_measurement: "%", ...info }),
  ];
}

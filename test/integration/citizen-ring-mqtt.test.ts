// Moving over from ring-mqtt: its single discovery messages, in the shapes that it sends, give way to ours with the same ids.
import { expect, test } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import type { Device } from "../../simulator/device.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

interface Old {
  readonly topic: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What ring-mqtt 5 announces of a doorbell with a light, one message for each entity. */
function ringMqttDiscovery({ record }: Device): Old[] {
  const base = `ring/${record.location_id}/camera/${record.device_id}`;
  const device = { ids: [record.device_id], name: record.description, mf: "Ring", mdl: "Doorbell" };
  const availability = {
    availability_topic: `${base}/status`,
    payload_available: "online",
    payload_not_available: "offline",
  };
  const entity = (component: string, key: string, options: object = {}): Old => ({
    topic: `homeassistant/${component}/${record.location_id}/${record.device_id}_${key}/config`,
    config: { name: key, unique_id: `${record.device_id}_${key}`, ...options, ...availability, device },
  });
  const read = (component: string, key: string, options: object = {}): Old =>
    entity(component, key, { state_topic: `${base}/${key}/state`, ...options });
  const write = (component: string, key: string, options: object = {}): Old =>
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

const isMigration = (text: string): boolean => text === '{"migrate_discovery":true}';

test("every entity of ring-mqtt gives way to the one with its unique id, once", async () => {
  const light = { led_status: "off", siren_status: { seconds_remaining: 0 } };
  const account = buildAccount({ devices: ["front-door"], changes: { "front-door": light } });
  await using home = await SimulatedHome.start({ accounts: [account] });
  const { observer } = home;
  const camera = home.camera("front-door");
  const old = ringMqttDiscovery(camera);
  for (const { topic, config } of old) await observer.publish(topic, JSON.stringify(config));
  await Promise.all(old.map(({ topic }) => observer.waitFor("ring-mqtt's message", topic)));

  const from = observer.position;
  const belfry = await home.startBelfry();
  const ours = await observer.waitFor("our discovery", `homeassistant/device/${camera.record.device_id}/config`, {
    from,
  });
  const place = observer.messages.indexOf(ours);
  const components = JSON.parse(ours.text).components as Record<string, Record<string, unknown>>;
  const emptied = old.map(({ topic }) =>
    observer.waitFor("the end of an old topic", topic, { payload: "", from: place }),
  );
  await Promise.all(emptied);

  const asked = observer.messages.slice(from, place).filter(({ text }) => isMigration(text));
  const oldTopics = old.map(({ topic }) => topic);
  expect(asked.map(({ topic }) => topic).toSorted()).toEqual(
    oldTopics.filter((topic) => !topic.endsWith("_siren/config")).toSorted(),
  );
  expect(asked.every(({ retain }) => !retain)).toBe(true);
  // Home Assistant needs a moment to unload them.
  expect(ours.at - Math.max(...asked.map(({ at }) => at))).toBeGreaterThan(300);

  for (const { topic, config } of old) {
    const key = String(config["unique_id"]).slice(camera.record.device_id.length + 1);
    const mine = components[key];
    expect(mine?.["unique_id"], key).toBe(config["unique_id"]);
    for (const option of ["state_topic", "command_topic", "topic"])
      if (config[option] !== undefined) expect(mine?.[option], `${key} ${option}`).toBe(config[option]);
    expect(mine?.["platform"], key).toBe(key === "siren" ? "siren" : topic.split("/")[1]);
  }
  const identifiers = (JSON.parse(ours.text) as { device: { identifiers: unknown } }).device.identifiers;
  expect(identifiers).toEqual([camera.record.device_id]);

  await belfry.stop();
  const later = observer.position;
  await home.startBelfry();
  await home.allAvailable({ from: later });
  const again = observer.messages.slice(later).filter(({ topic }) => oldTopics.includes(topic));
  expect(again).toEqual([]);
});

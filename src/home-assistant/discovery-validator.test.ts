import { expect, test } from "vitest";
import { everyPlatform, frontDoor, testOrigin } from "./discovery.fixtures.ts";
import { buildDiscovery, type JsonObject } from "./discovery-payload.ts";
import { validateDiscovery } from "./discovery-validator.ts";
import { Topics } from "./topics.ts";

const topics = new Topics();
const topic = topics.discovery(frontDoor.id);
const good = buildDiscovery({
  device: frontDoor,
  entities: everyPlatform,
  topics,
  origin: testOrigin,
  slug: "front_door",
});

/** The good payload with values put at dotted paths; undefined takes them away. */
function changed(changes: Readonly<Record<string, unknown>>): string[] {
  const payload = structuredClone(good);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let place: Record<string, unknown> = payload;
    for (const key of keys) place = place[key] as Record<string, unknown>;
    place[last] = value;
  }
  return validateDiscovery(topic, JSON.stringify(payload));
}

const component = (value: JsonObject) => ({
  "components.extra": { unique_id: "x_extra", default_entity_id: "sensor.front_door_extra", ...value },
});
const sensor = (value: JsonObject) => component({ platform: "sensor", state_topic: "ring/x", ...value });

test("the payload that all others are made from is good", () => {
  expect(changed({})).toEqual([]);
  expect(validateDiscovery(topic, "")).toEqual([]);
});

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ["unknown root key", { child: 1 }, "the payload has the unknown key child"],
  ["topic base at the root", { "~": "ring" }, "the payload has the unknown key ~"],
  ["unknown device key", { "device.colour": "red" }, "device has the unknown key colour"],
  ["unknown origin key", { "origin.url": "x" }, "origin has the unknown key url"],
  ["no device", { device: undefined }, "device is missing"],
  ["no origin", { origin: undefined }, "origin is missing"],
  ["origin without name", { "origin.name": undefined }, "origin.name is missing"],
  ["support URL", { "origin.support_url": "ftp://x" }, "origin.support_url"],
  ["no identifiers", { "device.identifiers": [] }, "neither identifiers nor connections"],
  ["odd connections", { "device.connections": [["mac"]] }, "connections is not a list of text pairs"],
  ["suggested area", { "device.suggested_area": "Hall" }, "suggested_area would become part"],
  ["configuration URL", { "device.configuration_url": "rtsp://x" }, "device.configuration_url"],
  ["number as name", { "device.name": 5 }, "device.name 5 is not a text"],
  ["own parent", { "device.via_device": frontDoor.id }, "via_device is the device itself"],
  ["two kinds of availability", { availability_topic: "a" }, "exclude each other"],
  ["availability mode", { availability_mode: "some" }, "availability_mode"],
  ["availability without topic", { availability: [{}] }, "availability[0] has no topic"],
  ["availability key", { availability: [{ topic: "a", qos: 1 }] }, "availability[0] has the unknown key qos"],
  ["availability no list", { availability: "a" }, "availability is not a list"],
  ["availability topic", { availability: [{ topic: "a#" }] }, "is not a usable topic"],
  ["quality of service", { qos: 3 }, "qos 3 is not 0, 1 or 2"],
  ["no components", { components: {} }, "components is missing or empty"],
  ["component no object", { "components.x": "sensor" }, "components.x is not an object"],
  ["space in a component key", { "components.a b": { platform: "sensor" } }, "must not have spaces"],
  ["no platform", { "components.light.platform": undefined }, "components.light.platform"],
  ["unknown platform", { "components.light.platform": "lamp" }, 'platform "lamp" is not one'],
  ["no unique id", { "components.light.unique_id": undefined }, "unique_id is missing"],
  ["same unique id", { "components.light.unique_id": "987654321_motion" }, "unique_id"],
  ["no entity id", { "components.light.default_entity_id": undefined }, "default_entity_id is missing"],
  ["entity id of another domain", { "components.light.default_entity_id": "switch.x" }, "default_entity_id"],
  ["entity id with capitals", { "components.light.default_entity_id": "light.Front" }, "default_entity_id"],
  ["entity id with two underscores", { "components.light.default_entity_id": "light.a__b" }, "default_entity_id"],
  ["same entity id", { ...sensor({ default_entity_id: "sensor.front_door_battery" }) }, "default_entity_id"],
  ["object_id", { "components.light.object_id": "x" }, "object_id no longer exists"],
  ["device in a component", { "components.light.device": {} }, "device belongs to the device"],
  ["option of another platform", { "components.light.device_class": "motion" }, "silently ignore"],
  [
    "component availability",
    { "components.light.availability_topic": "a", "components.light.availability": [] },
    "exclude",
  ],
  ["category of a sensor", { "components.battery.entity_category": "config" }, "cannot have entity_category config"],
  ["category of a binary sensor", { "components.motion.entity_category": "config" }, "cannot have entity_category"],
  ["category", { "components.light.entity_category": "system" }, "neither config nor diagnostic"],
  ["device name repeated", { "components.light.name": "Front Door Light" }, "repeats the device's name"],
  ["icon", { "components.light.icon": "lamp" }, 'icon "lamp" is not "prefix:name"'],
  ["picture", { "components.light.entity_picture": "/local/a.png" }, "entity_picture"],
  ["text for a boolean", { "components.light.enabled_by_default": "false" }, "is not true or false"],
  ["wildcard in a command topic", { "components.light.command_topic": "ring/+/x" }, "command_topic"],
  ["light without command", { "components.light.command_topic": undefined }, "command_topic is missing"],
  ["sensor without state", { "components.battery.state_topic": undefined }, "state_topic is missing"],
  ["camera without topic", { "components.snapshot.topic": undefined }, "topic is missing"],
  ["camera with raw encoding", { "components.snapshot.image_encoding": "raw" }, "can only be b64"],
  ["button without command", { "components.take_snapshot.command_topic": undefined }, "command_topic is missing"],
  ["identify button", { "components.take_snapshot.device_class": "identify" }, "must be diagnostic"],
  ["button class", { "components.take_snapshot.device_class": "bell" }, "device_class"],
  ["binary sensor class", { "components.motion.device_class": "movement" }, "is not one of binary_sensor"],
  ["negative delay", { "components.motion.off_delay": -1 }, "off_delay"],
  ["doorbell without ring", { "components.doorbell_event.event_types": ["press"] }, "event type ring"],
  ["no event types", { "components.doorbell_event.event_types": [] }, "event_types is empty"],
  ["null event class", { "components.doorbell_event.device_class": null }, "device_class null is not a text"],
  ["image with two sources", { "components.snapshot_image.url_topic": "a" }, "either image_topic or url_topic"],
  ["image without source", { "components.snapshot_image.image_topic": undefined }, "either image_topic or url_topic"],
  ["light schema", { "components.light.schema": "json" }, "only the basic schema"],
  ["number range", { "components.snapshot_interval.min": 5_000 }, "min is above max"],
  ["number step", { "components.snapshot_interval.step": 0 }, "step is below"],
  ["number mode", { "components.snapshot_interval.mode": "dial" }, "mode"],
  ["no options", { "components.event_select.options": [] }, "options is empty"],
  ["option twice", { "components.event_select.options": ["a", "a"] }, "names something twice"],
  ["battery in volts", { "components.battery.unit_of_measurement": "V" }, "does not go with device_class battery"],
  ["battery without unit", { "components.battery.unit_of_measurement": undefined }, "does not go with device_class"],
  ["battery as total", { "components.battery.state_class": "total" }, "state_class total does not go"],
  ["timestamp with unit", sensor({ device_class: "timestamp", unit_of_measurement: "s" }), "does not go with"],
  ["state class", sensor({ state_class: "often" }), "does not exist"],
  ["unknown sensor class", sensor({ device_class: "mood" }), "is not one of sensor"],
  [
    "an option that means nothing",
    component({ platform: "select", state_topic: "ring/x", command_topic: "ring/y", options: ["a", "None"] }),
    "an option must not be called none",
  ],
  ["enum without options", sensor({ device_class: "enum" }), "an enum sensor needs options"],
  ["options without enum", sensor({ options: ["a"] }), "only with device_class enum"],
  ["enum with unit", sensor({ device_class: "enum", options: ["a"], unit_of_measurement: "s" }), "do not go with"],
  ["siren tones", { "components.siren.available_tones": "loud" }, "is not a list of texts"],
  ["update class", { "components.firmware.device_class": "app" }, "is not one of update"],
])("%s is a problem", (_name, changes, problem) => {
  expect(changed(changes).join("\n")).toContain(problem);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["timestamp", sensor({ device_class: "timestamp" })],
  ["enum", sensor({ device_class: "enum", options: ["wired", "battery"] })],
  ["signal", sensor({ device_class: "signal_strength", unit_of_measurement: "dBm", state_class: "measurement" })],
  ["state topic of the device", { state_topic: "ring/x", "components.battery.state_topic": undefined }],
  ["removed component", { "components.gone": { platform: "switch" } }],
  ["unit without class", sensor({ unit_of_measurement: "clips" })],
])("%s is fine", (_name, changes) => {
  expect(changed(changes)).toEqual([]);
});

test("topics are checked as Home Assistant reads them", () => {
  const payload = JSON.stringify(good);
  expect(validateDiscovery("homeassistant/device/node-1/abc/config", payload)).toEqual([]);
  expect(validateDiscovery("my/prefix/device/abc/config", payload)).toEqual([]);
  expect(validateDiscovery("homeassistant/device/a.b/config", payload).join()).toContain('"a.b" has characters');
  expect(validateDiscovery("homeassistant/sensor/abc/config", payload).join()).toContain("is not <prefix>/device");
  expect(validateDiscovery("homeassistant/device/abc", payload).join()).toContain("is not <prefix>/device");
});

test("what is not JSON, or no object, is one problem", () => {
  expect(validateDiscovery(topic, "{")).toEqual(["the payload is not a JSON object"]);
  expect(validateDiscovery(topic, "[]")).toEqual(["the payload is not a JSON object"]);
});

import { expect, test } from "vitest";
import { bridgeDevice, everyPlatform, frontDoor, problemEntity, testOrigin } from "./discovery.fixtures.ts";
import { buildDiscovery } from "./discovery-payload.ts";
import { validateDiscovery } from "./discovery-validator.ts";
import { Topics } from "./topics.ts";

const topics = new Topics();
const camera = { device: frontDoor, entities: everyPlatform, topics, origin: testOrigin, slug: "front_door" };
const at = "ring/3c55f5b0-77bf-4d3c-9a31-5a3f1c1f0b7e/camera/987654321";

test("a camera has one payload that the validator takes", () => {
  const payload = buildDiscovery(camera);
  expect(validateDiscovery(topics.discovery(frontDoor.id), JSON.stringify(payload))).toEqual([]);
  expect(payload).toMatchObject({
    device: { identifiers: ["987654321"], name: "Front Door", via_device: "belfry_1a2b3c" },
    origin: { name: "Belfry", sw_version: "0.1.0", support_url: "https://example.org/belfry" },
    availability: [{ topic: "ring/bridge/status" }, { topic: `${at}/status` }],
    availability_mode: "all",
    qos: 1,
  });
  expect(JSON.stringify(payload)).not.toContain("suggested_area");
});

test("topics stand under the names that each platform wants", () => {
  expect(buildDiscovery(camera)["components"]).toMatchObject({
    motion: {
      platform: "binary_sensor",
      unique_id: "987654321_motion",
      default_entity_id: "binary_sensor.front_door_motion",
      state_topic: `${at}/motion/state`,
      json_attributes_topic: `${at}/motion/attributes`,
    },
    take_snapshot: { command_topic: `${at}/take_snapshot/command` },
    snapshot: {
      name: null,
      default_entity_id: "camera.front_door_snapshot",
      topic: `${at}/snapshot/image`,
      json_attributes_topic: `${at}/snapshot/attributes`,
    },
    snapshot_image: { image_topic: `${at}/snapshot/image` },
    event_select: {
      default_entity_id: "select.front_door_event_select",
      state_topic: `${at}/event_select/state`,
      command_topic: `${at}/event_select/command`,
    },
    battery: { state_topic: `${at}/info/state`, json_attributes_topic: `${at}/battery/attributes` },
  });
  expect(buildDiscovery(camera)).not.toHaveProperty("components.snapshot.state_topic");
  expect(buildDiscovery(camera)).not.toHaveProperty("components.take_snapshot.state_topic");
});

test("an image entity with a state shows the URL in it", () => {
  const entity = { key: "recording", platform: "image", topics: ["state"], options: { name: "Recording" } } as const;
  const payload = buildDiscovery({ ...camera, entities: [entity] });
  expect(payload).toHaveProperty("components.recording.url_topic", `${at}/recording/state`);
  expect(validateDiscovery(topics.discovery("987654321"), JSON.stringify(payload))).toEqual([]);
});

test("the bridge is available when its own status says so", () => {
  const payload = buildDiscovery({ ...camera, device: bridgeDevice, entities: [problemEntity], slug: "belfry" });
  expect(payload["availability"]).toEqual([{ topic: "ring/bridge/status" }]);
  expect(payload).toHaveProperty("components.problem.state_topic", "ring/bridge/bridge/belfry_1a2b3c/problem/state");
  expect(validateDiscovery(topics.discovery(bridgeDevice.id), JSON.stringify(payload))).toEqual([]);
});

test("removed components carry their platform and nothing else", () => {
  const payload = buildDiscovery({ ...camera, removed: { old: "switch" } });
  expect(payload).toHaveProperty("components.old", { platform: "switch" });
  expect(validateDiscovery(topics.discovery(frontDoor.id), JSON.stringify(payload))).toEqual([]);
});

import { expect, test } from "vitest";
import { Topics, topicPart } from "./topics.ts";

const camera = { id: "987654321", locationId: "3c55f5b0-77bf-4d3c-9a31-5a3f1c1f0b7e", category: "camera" } as const;

test("the layout is the one that existing automations use", () => {
  const topics = new Topics();
  const device = "ring/3c55f5b0-77bf-4d3c-9a31-5a3f1c1f0b7e/camera/987654321";
  expect(topics.device(camera)).toBe(device);
  expect(topics.deviceStatus(camera)).toBe(`${device}/status`);
  expect(topics.deviceStatusAttributes(camera)).toBe(`${device}/status/attributes`);
  expect(topics.entity(camera, "light", "command")).toBe(`${device}/light/command`);
  expect(topics.entity(camera, "snapshot", "image")).toBe(`${device}/snapshot/image`);
  expect(topics.bridgeStatus).toBe("ring/bridge/status");
  expect(topics.discovery("987654321")).toBe("homeassistant/device/987654321/config");
  expect(topics.birth).toBe("homeassistant/status");
});

test("base, discovery prefix and birth topic are taken as the owner writes them", () => {
  const topics = new Topics({ base: "Häuser/mein ring", discoveryPrefix: "ha", birthTopic: "ha/alive" });
  expect(topics.device(camera)).toMatch(/^Häuser\/mein ring\/3c55/);
  expect(topics.discovery("1")).toBe("ha/device/1/config");
  expect(topics.birth).toBe("ha/alive");
  expect(new Topics({ discoveryPrefix: "ha" }).birth).toBe("ha/status");
});

test.each(["ring/#", "", "a+b"])("the base topic %j is refused", (base) => {
  expect(() => new Topics({ base })).toThrow(expect.objectContaining({ code: "mqtt.topic" }));
});

test("odd ids become one safe topic level each, different ones stay different", () => {
  expect(topicPart("abc_-9")).toBe("abc_-9");
  expect(topicPart("a/b")).toMatch(/^a_b_[0-9a-f]{6}$/);
  expect(topicPart("a/b")).not.toBe(topicPart("a+b"));
  expect(topicPart("")).toMatch(/^_[0-9a-f]{6}$/);
});

test("command topics lead back to device and key, others to nothing", () => {
  const topics = new Topics({ base: "a/ring" });
  const topic = topics.entity(camera, "light", "command");
  expect(topics.parseCommand(topic)).toEqual({ device: topics.device(camera), key: "light" });
  expect(topics.parseCommand(topics.entity(camera, "light", "state"))).toBeUndefined();
  expect(topics.parseCommand("ring/x/camera/1/light/command")).toBeUndefined();
  expect(topics.parseCommand("a/ring/x/camera/1/light/more/command")).toBeUndefined();
});

import { expect, test } from "vitest";
import { Emitter } from "../foundation/emitter.ts";
import { BridgeStage } from "./bridge-stage.fixtures.ts";
import type { FakeCamera } from "./ring-camera.fake.ts";

const urls = { liveStream: "rtsp://host/live", stillImage: "http://host/still" };

test("a camera that breaks costs itself only, and is named once; it is there as soon as it can be", () => {
  const broken = new Set(["second"]);
  using stage = new BridgeStage({
    urls: ({ deviceId }) => {
      if (broken.has(deviceId)) throw new Error("no address");
      return urls;
    },
  });
  const all = ["first", "second", "third"].map((deviceId) => ({ deviceId, name: deviceId }));
  stage.list(...all);
  stage.list(...all);
  for (const id of ["first", "third"]) expect(stage.link(id).availability).toEqual({ isAvailable: true });
  expect(stage.streams.some((path) => path.startsWith("second"))).toBe(false);
  const errors = (): string[] => stage.log.lines.filter(({ level }) => level === "error").map(({ line }) => line);
  expect(errors()).toEqual(["the camera second cannot be shown: no address"]);
  broken.clear();
  stage.list(...all);
  expect(stage.link("second").availability).toEqual({ isAvailable: true });
});

test("a value that cannot be shown does not keep a camera from being available, nor from being offline", () => {
  using stage = new BridgeStage();
  const [camera] = stage.list({ deviceId: "odd", updatedAt: 9e15 });
  expect(stage.link("odd").availability).toEqual({ isAvailable: true });
  camera?.change({ isOnline: false });
  expect(stage.link("odd").availability?.reason).toBe("Ring says that the camera is offline");
});

test.each([
  ["refused", "Ring does not accept the stored token; sign in again"],
  ["signed-out", "Belfry is signed out of Ring"],
] as const)("%s: no camera is shown as if it were known, until Ring is heard of again", (state, reason) => {
  using stage = new BridgeStage();
  const cameras = stage.list({ deviceId: "a" }, { deviceId: "b", isOnline: false });
  stage.account.say(state);
  for (const { deviceId } of cameras) {
    expect(stage.link(deviceId).availability).toEqual({ isAvailable: false, reason });
  }
  stage.account.say("signing-in");
  stage.contact();
  stage.account.say("signed-in");
  expect(stage.link("a").availability).toEqual({ isAvailable: true });
  expect(stage.link("b").availability).toMatchObject({ isAvailable: false });
});

test("the cameras of the first list are there at once: it is told before the contact is", () => {
  using stage = new BridgeStage();
  stage.account.lastContactAt = undefined;
  stage.list({ deviceId: "a" });
  expect(stage.link("a").log.filter((line) => line.startsWith("available"))).toEqual(["available true"]);
});

test("Ring may be silent for ten minutes, not longer; whatever it says ends that", async () => {
  using stage = new BridgeStage();
  stage.list({ deviceId: "a" });
  const link = stage.link("a");
  await stage.clock.advance(300_000);
  stage.account.say("unreachable", "Ring failed to list the devices (503)");
  await stage.clock.advance(299_000);
  expect(link.availability).toEqual({ isAvailable: true });
  await stage.clock.advance(1_000);
  expect(link.availability).toEqual({ isAvailable: false, reason: "Ring failed to list the devices (503)" });
  stage.contact();
  expect(link.availability).toEqual({ isAvailable: true });
  stage.account.say("signed-in");
  await stage.clock.advance(600_000);
  expect(link.availability?.reason).toBe("Ring has not been heard of for 10 minutes");
});

test("the states of a camera are told before it is available, so that nobody takes older ones for true", () => {
  using stage = new BridgeStage();
  const [camera] = stage.list({ deviceId: "a", light: false, isOnline: false });
  const link = stage.link("a");
  camera?.change({ light: true, isOnline: true });
  expect(link.log.slice(-2)).toEqual(["light ON", "available true"]);
});

test("what Ring's history knows is shown as the last activity, and fires nothing", () => {
  using stage = new BridgeStage();
  const [camera] = stage.list({ deviceId: "a", isDoorbell: true });
  const link = stage.link("a");
  const happenedAt = Date.UTC(2026, 10, 20, 9);
  const plain = { eventId: "1", happenedAt, receivedAt: happenedAt, text: undefined, imageId: undefined };
  camera?.eventFound.emit({ ...plain, kind: "ding", detection: "person" });
  expect(link.states.get("last_activity")).toBe("2026-11-20T09:00:00.000Z");
  expect(link.attributes.get("ding")).toMatchObject({ lastDingTime: "2026-11-20T09:00:00.000Z", personDetected: true });
  expect(link.states.get("ding")).toBe("OFF");
  expect(link.log.filter((line) => line.includes(" event "))).toEqual([]);
});

test("nothing runs on at the end", async () => {
  const stage = new BridgeStage();
  const cameras = stage.list({ deviceId: "a" }, { deviceId: "b", isDoorbell: true });
  stage[Symbol.dispose]();
  await stage.clock.advance(0);
  expect(stage.clock.pending).toBe(0);
  const emitters = (camera: FakeCamera) => Object.values(camera).filter((value) => value instanceof Emitter);
  for (const emitter of cameras.flatMap(emitters)) expect(emitter.listenerCount).toBe(0);
  expect(cameras.flatMap(emitters)).toHaveLength(12);
  const { signInChanged, pushChanged, contactMade } = stage.account;
  for (const emitter of [signInChanged, pushChanged, contactMade]) expect(emitter.listenerCount).toBe(0);
});

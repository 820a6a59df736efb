// Commands, events and pictures: the Ring room in a process of its own against the simulated cloud.
import { expect, test } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { SimulatedRingCloud } from "../../simulator/cloud.ts";
import type { CameraEvent, CameraState } from "../../src/ring/camera-state.ts";
import { type RingLine, RingRoomProcess } from "./ring-room-process.ts";

const start = (): Promise<SimulatedRingCloud> => SimulatedRingCloud.start({ accounts: [buildAccount()] });
const now = (): number => performance.timeOrigin + performance.now();
const stateIn = (line: RingLine): CameraState => line["state"] as CameraState;
const eventIn = (line: RingLine): CameraEvent => line["event"] as CameraEvent;

const isState =
  (name: string, holds: (state: CameraState) => boolean) =>
  (line: RingLine): boolean =>
    line.what === "state" && stateIn(line).name === name && holds(stateIn(line));

test("light, siren and motion detection reach Ring and are read back", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  const camera = "Driveway";
  const device = cloud.world.devicesNamed("driveway")[0];
  const seen = (): Record<string, unknown> => device?.view(Date.now()) ?? {};

  await room.command("light", { camera, value: true });
  expect(seen()["led_status"]).toBe("on");
  await room.waitFor(
    "light on",
    isState(camera, ({ light }) => light === true),
  );

  await room.command("motion-detection", { camera, value: false });
  expect(seen()["settings"]).toMatchObject({ motion_detection_enabled: false });
  await room.waitFor(
    "motion detection off",
    isState(camera, ({ isMotionDetectionOn }) => isMotionDetectionOn === false),
  );

  await room.command("siren", { camera, value: true, seconds: 90 });
  expect(seen()["siren_status"]).toMatchObject({ seconds_remaining: 90 });
  await room.waitFor(
    "siren on",
    isState(camera, ({ siren }) => siren?.isOn === true && siren.secondsRemaining > 80),
  );
  await room.command("siren", { camera, value: false });
  expect(seen()["siren_status"]).toMatchObject({ seconds_remaining: 0 });

  const after = room.lines.length;
  cloud.operations.switchLight("driveway", false);
  await room.waitFor(
    "light switched off in the app",
    isState(camera, ({ light }) => light === false),
    { after },
  );
  expect(cloud.journal.violations).toEqual([]);
});

test("a siren that ends by itself is off in time, long before the next poll", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud, settings: { pollSeconds: 60 } });
  await room.ready();
  const startedAt = now();
  await room.command("siren", { camera: "Driveway", value: true, seconds: 2 });
  const after = room.lines.length;
  const off = await room.waitFor(
    "siren off",
    isState("Driveway", ({ siren }) => siren?.isOn === false),
    { after },
  );
  expect(off.at - startedAt).toBeGreaterThan(1_500);
  expect(off.at - startedAt).toBeLessThan(10_000);
});

test("what Ring refuses is said in plain words", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  expect(await room.command("light", { camera: "Front Door", value: true })).toMatchObject({
    code: "ring.not-supported",
    text: "Front Door has no light",
  });
  cloud.operations.failNextRequests({ path: "devices/v1/devices/.*/settings", method: "PATCH", times: 1, status: 404 });
  expect(await room.command("motion-detection", { camera: "Driveway", value: false })).toMatchObject({
    code: "ring.not-allowed",
    text: expect.stringContaining("may not be the owner"),
  });
  cloud.operations.failNextRequests({ path: "floodlight_light", times: 1, status: 500 });
  expect(await room.command("light", { camera: "Driveway", value: true })).toMatchObject({ code: "ring.unavailable" });
  cloud.operations.failNextRequests({ path: "floodlight_light", times: 1, reset: true });
  expect(await room.command("light", { camera: "Driveway", value: true })).toMatchObject({ code: "ring.unreachable" });
});

test("a request that is never answered ends at its deadline", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud, settings: { requestTimeoutMs: 1_000 } });
  await room.ready();
  cloud.operations.failNextRequests({ path: "floodlight_light", times: 1, delayMs: 20_000 });
  const startedAt = now();
  expect(await room.command("light", { camera: "Driveway", value: true })).toMatchObject({ code: "deadline" });
  expect(now() - startedAt).toBeLessThan(2_000);
});

test("ding and motion are told within milliseconds, once each", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  await room.pushReady();
  const times: number[] = [];
  for (const cause of ["ding", "motion", "human", "ding", "moving_vehicle"]) {
    const after = room.lines.length;
    const causedAt = now();
    const happening = cause === "ding" ? cloud.pressDoorbell("front-door") : cloud.causeMotion("front-door", cause);
    const line = await room.waitFor(cause, (item) => item.what === "event", { after });
    const { eventId } = await happening;
    times.push(line.at - causedAt);
    const detection = { human: "person", moving_vehicle: "vehicle" }[cause] ?? cause;
    expect(eventIn(line)).toMatchObject({ kind: cause === "ding" ? "ding" : "motion", eventId, detection });
  }
  console.info(`from the control call to the event: ${times.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  expect(Math.min(...times)).toBeLessThan(50);
  expect(room.lines.filter(({ what }) => what === "event")).toHaveLength(5);
});

test("a picture that comes with a second message is told as such; repeated messages are not", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  await room.pushReady();
  cloud.operations.turnKnobs("front-door", { push: { image: "later", imageDelayMs: 100, duplicate: true } });
  await cloud.pressDoorbell("front-door");
  const image = await room.waitFor("picture", ({ what }) => what === "image");
  const event = await room.waitFor("event", ({ what }) => what === "event");
  expect(eventIn(event).imageId).toBeUndefined();
  const { imageId } = image["image"] as { imageId: string };
  expect(await room.command("snapshot", { camera: "Front Door", value: imageId })).toMatchObject({ start: "ffd8ff" });

  cloud.operations.turnKnobs("front-door", { push: { image: "none", withoutDingId: true } });
  const after = room.lines.length;
  await cloud.pressDoorbell("front-door");
  const bare = await room.waitFor("event without an id", ({ what }) => what === "event", { after });
  expect(eventIn(bare).eventId).toBeUndefined();
  expect(room.lines.filter(({ what }) => what === "event")).toHaveLength(2);
});

test("the push connection comes back after a cut, and no event is told twice", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  await room.pushReady();
  await cloud.pressDoorbell("front-door");
  await room.waitFor("event", ({ what }) => what === "event");
  for (const how of ["reset", "close"] as const) {
    const after = room.lines.length;
    cloud.operations.disturbPush(how);
    await room.waitFor("loss", (line) => line.what === "push" && line["isConnected"] === false, { after });
    await room.waitFor("recovery", (line) => line.what === "push" && line["isHealthy"] === true, { after });
    await cloud.causeMotion("driveway");
    await room.waitFor("motion", (line) => line.what === "event" && line["name"] === "Driveway", { after });
  }
  expect(room.lines.filter(({ what }) => what === "event")).toHaveLength(3);
});

test("messages that stay away are noticed by Ring's history: the registration is renewed, and the status says why", async () => {
  await using cloud = await start();
  const pushDoubts = { settleMs: 0, lateMs: 500, renewEveryMs: 3_000 };
  await using room = new RingRoomProcess({ cloud, settings: { eventCheckMs: 1_000, pushDoubts } });
  await room.ready();
  await room.pushReady();
  const registered = (): number => cloud.journal.entries({ kind: "device.registered" }).length;
  const addresses = (): number =>
    cloud.journal.entries({ kind: "push.registered" }).filter(({ details }) => details["step"] === "registrations")
      .length;
  const before = registered();
  cloud.operations.turnKnobs("driveway", { push: { isSilent: true } });
  const { eventId } = await cloud.causeMotion("driveway");
  const doubted = await room.waitFor(
    "the doubt",
    (line) => line.what === "push" && /history shows an event of Driveway/.test(String(line["reason"])),
    { timeoutMs: 40_000 },
  );
  expect(doubted["isHealthy"]).toBe(false);
  await cloud.journal.waitFor("the connection anew", () => registered() > before, { timeoutMs: 40_000 });
  expect(addresses()).toBe(1);
  await room.waitFor("the motion", (line) => line.what === "found" && eventIn(line).eventId === eventId);
  expect(room.lines.filter(({ what }) => what === "event")).toEqual([]);

  // Still silent: now with another address.
  await room.waitFor("the connection", (line) => line.what === "push" && line["isRegistered"] === true, {
    after: room.lines.indexOf(doubted) + 1,
  });
  await cloud.causeMotion("driveway");
  await cloud.journal.waitFor("another address", () => addresses() === 2, { timeoutMs: 40_000 });

  const after = room.lines.length;
  await room.waitFor("the connection", (line) => line.what === "push" && line["isRegistered"] === true, { after });
  cloud.operations.turnKnobs("driveway", { push: { isSilent: false } });
  await cloud.causeMotion("driveway");
  await room.waitFor("health", (line) => line.what === "push" && line["isHealthy"] === true, { after });
}, 180_000);

test("pictures: fresh with their time, never hanging, refused where there can be none", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud, settings: { snapshotTimeoutMs: 1_000 } });
  await room.ready();
  const camera = "Garden Gate";
  const first = await room.command("snapshot", { camera });
  expect(first).toMatchObject({ start: "ffd8ff" });
  expect(Math.abs(Number(first["takenAt"]) - first.at)).toBeLessThan(3_000);

  cloud.operations.turnKnobs("garden-gate", { snapshot: { behaviour: "hang" } });
  const startedAt = now();
  expect(await room.command("snapshot", { camera })).toMatchObject({ code: "ring.snapshot-late" });
  expect(now() - startedAt).toBeLessThan(2_000);
  cloud.operations.turnKnobs("garden-gate", { snapshot: { behaviour: "missing" } });
  expect(await room.command("snapshot", { camera })).toMatchObject({ code: "ring.not-allowed" });

  cloud.operations.setOnline("garden-gate", false);
  await room.waitFor(
    "offline",
    isState(camera, ({ isOnline }) => !isOnline),
  );
  expect(await room.command("snapshot", { camera })).toMatchObject({ code: "ring.offline" });
  expect(await room.command("call", { camera })).toMatchObject({ code: "call.offline" });
});

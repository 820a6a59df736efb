import jpeg from "jpeg-js";
import { afterAll, beforeAll, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { CameraHome } from "./camera-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const devices = [
  "front-door",
  "garden-gate",
  "driveway",
  "back-garden",
  "living-room",
  "side-passage",
  "workshop-door",
];
const settings = { snapshot_mode: "Disabled" };
let home: CameraHome;

beforeAll(async () => {
  if (!hasMosquitto) return;
  home = await CameraHome.start({ accounts: [buildAccount({ devices })], settings });
});

afterAll(async () => {
  expect(home?.cloud.journal.violations ?? []).toEqual([]);
  await home?.[Symbol.asyncDispose]();
});

const setMode = async (slug: string, mode: string): Promise<void> => {
  await home.command(slug, "snapshot_mode", mode);
  await home.waitFor(slug, "snapshot_mode", "state", { payload: mode });
};

test("with snapshots switched off Ring is not asked for any, and the pictures say that they are stale", async () => {
  for (const slug of devices) {
    const attributes = await home.waitForAttributes(slug, "snapshot", () => true);
    expect(attributes).toEqual({ stale: true, stale_reason: "snapshots are switched off" });
    expect(home.pictureRequests(slug)).toEqual([]);
  }
});

test("the modes that a camera can have are announced, and others refused", async () => {
  const modes = async (slug: string): Promise<unknown> => {
    const id = home.home.camera(slug).record.device_id;
    const message = await home.home.observer.waitFor("discovery", `homeassistant/device/${id}/config`);
    return JSON.parse(message.text).components.snapshot_mode.options;
  };
  expect(await modes("garden-gate")).toHaveLength(9);
  expect(await modes("driveway")).toEqual(["All", "Auto", "Disabled", "Interval", "Interval + Motion", "Motion"]);
  for (const word of ["Ding", "Sometimes"]) {
    const from = home.position;
    await home.command("driveway", "snapshot_mode", word);
    const isIt = (now: object): boolean => JSON.stringify(now).includes(word);
    const refused = await home.waitForAttributes("driveway", "snapshot_mode", isIt, { from });
    expect(refused["last_error"]).toContain(`"${word}" is unknown; send one of All, Auto, Disabled`);
    await home.waitFor("driveway", "snapshot_mode", "state", { from, payload: "Disabled" });
  }
});

test("the picture of a push arrives late: picture, then attributes, bound to its event and capture time", async () => {
  home.cloud.operations.turnKnobs("garden-gate", { push: { imageReadyAfterMs: 3_000 } });
  await setMode("garden-gate", "Motion + Ding");
  const from = home.position;
  const press = await home.cloud.pressDoorbell("garden-gate");
  const isIt = (now: { eventId?: unknown }): boolean => now.eventId === press.eventId;
  const attributes = await home.waitForAttributes("garden-gate", "last_event_image", isIt, { from });
  expect(attributes).toEqual({
    eventId: press.eventId,
    type: "ding",
    detection: "ding",
    happenedAt: new Date(press.at).toISOString(),
    takenAt: new Date(press.at).toISOString(),
    source: "push",
  });
  await home.waitForAttributes("garden-gate", "snapshot", (now) => now["source"] === "push", { from });
  const order = home.order("garden-gate", from, ["doorbell_event", "snapshot", "last_event_image"]);
  expect(order).toEqual([
    "doorbell_event/state",
    "snapshot/image",
    "last_event_image/image",
    "snapshot/attributes",
    "last_event_image/attributes",
  ]);
  const [event, image] = await Promise.all([
    home.waitFor("garden-gate", "doorbell_event", "state", { from }),
    home.waitFor("garden-gate", "last_event_image", "image", { from }),
  ]);
  expect(image.at - event.at).toBeGreaterThan(2_500);
  expect(image.at - event.at).toBeLessThan(6_000);
  expect(jpeg.decode(image.payload).width).toBe(640);
  expect(home.attributes("garden-gate", "snapshot")).toMatchObject({ type: "ding", source: "push", stale: false });
});

test("a push without a picture: a wired camera is asked for a new one", async () => {
  home.cloud.operations.turnKnobs("driveway", { push: { image: "none" } });
  await setMode("driveway", "Motion");
  const [from, after] = [home.position, home.sequence];
  const { eventId, at } = await home.cloud.causeMotion("driveway");
  const attributes = await home.waitForAttributes("driveway", "last_event_image", () => true, { from });
  expect(attributes).toMatchObject({ eventId, source: "still" });
  expect(Date.parse(String(attributes["takenAt"]))).toBeGreaterThanOrEqual(at);
  expect(home.pictureRequests("driveway", after)).toEqual([`after-ms=${at}&extras=force`]);
});

test("a battery camera that records is asked for nothing but the image by its id", async () => {
  await setMode("front-door", "All");
  const [from, after] = [home.position, home.sequence];
  const { eventId } = await home.cloud.pressDoorbell("front-door");
  const attributes = await home.waitForAttributes("front-door", "last_event_image", () => true, { from });
  expect(attributes).toMatchObject({ eventId, source: "push" });
  await home.command("front-door", "take_snapshot", "PRESS");
  const refused = await home.waitForAttributes("front-door", "take_snapshot", (now) => "last_error" in now, { from });
  expect(refused["last_error"]).toBe(
    "no snapshot can be taken now: a battery camera gives no pictures while it records; try again in a minute",
  );
  for (const query of home.pictureRequests("front-door", after)) expect(query).toMatch(/^uuid=/);
});

test("a battery camera without a picture in its push: the first frame of the recording", async () => {
  home.cloud.operations.turnKnobs("workshop-door", { push: { image: "none" }, recording: { seconds: 4 } });
  await setMode("workshop-door", "Motion + Ding");
  const [from, after] = [home.position, home.sequence];
  const { eventId, at } = await home.cloud.pressDoorbell("workshop-door");
  const options = { from, timeoutMs: 30_000 };
  const attributes = await home.waitForAttributes("workshop-door", "last_event_image", () => true, options);
  expect(attributes).toMatchObject({ eventId, source: "recording", takenAt: new Date(at).toISOString() });
  const image = await home.waitFor("workshop-door", "last_event_image", "image", { from });
  expect(jpeg.decode(image.payload, { useTArray: true }).width).toBeGreaterThanOrEqual(640);
  expect(home.pictureRequests("workshop-door", after)).toEqual([]);
});

test("the button takes a picture, and not another one within 10 s", async () => {
  const [from, after] = [home.position, home.sequence];
  await home.command("living-room", "take_snapshot", "PRESS");
  const attributes = await home.waitForAttributes("living-room", "snapshot", (now) => "type" in now, { from });
  expect(attributes).toMatchObject({ type: "button", source: "still", stale: false, stale_reason: null });
  expect(attributes["age"]).toBeLessThan(3);
  expect(home.order("living-room", from, ["snapshot"])).toEqual(["snapshot/image", "snapshot/attributes"]);
  await home.command("living-room", "take_snapshot", "PRESS");
  const refused = await home.waitForAttributes("living-room", "take_snapshot", (now) => "last_error" in now, { from });
  expect(refused["last_error"]).toMatch(/a snapshot can be taken every 10 s; wait (10|[1-9]) s more/);
  expect(home.pictureRequests("living-room", after)).toHaveLength(1);
});

test("while a stream runs its pictures are taken, also of a battery camera, and nobody else is asked", async () => {
  const [from, after] = [home.position, home.sequence];
  await home.command("back-garden", "stream", "ON");
  const isReady = (now: { status?: unknown }): boolean => now.status === "active";
  await home.waitForAttributes("back-garden", "stream", isReady, { from, timeoutMs: 20_000 });
  await home.command("back-garden", "take_snapshot", "PRESS");
  const attributes = await home.waitForAttributes("back-garden", "snapshot", (now) => "type" in now, { from });
  await home.command("back-garden", "stream", "OFF");
  expect(attributes).toMatchObject({ type: "button", source: "stream", stale: false });
  const image = await home.waitFor("back-garden", "snapshot", "image", { from });
  const { width, height } = jpeg.decode(image.payload, { useTArray: true });
  expect(width).toBeGreaterThanOrEqual(640);
  expect(width / height).toBeCloseTo(16 / 9, 1);
  expect(home.pictureRequests("back-garden", after)).toEqual([]);
});

test("mode and interval are kept over a restart; an offline camera is not asked, and is back with a new picture", async () => {
  await setMode("side-passage", "Interval");
  await home.command("side-passage", "snapshot_interval", "10");
  await home.waitFor("side-passage", "snapshot_interval", "state", { payload: "10" });
  let after = 0;
  const goOffline = async (): Promise<void> => {
    home.cloud.operations.setOnline("side-passage", false);
    after = home.sequence;
  };
  const from = await home.restart(settings, goOffline);
  await home.waitFor("side-passage", "snapshot_mode", "state", { from, payload: "Interval" });
  await home.waitFor("side-passage", "snapshot_interval", "state", { from, payload: "10" });
  const offline = await home.waitForAttributes("side-passage", "snapshot", (now) => now["stale"] === true, { from });
  expect(offline["stale_reason"]).toBe("the camera is offline");
  expect(home.pictureRequests("side-passage", after)).toEqual([]);
  const back = home.position;
  home.cloud.operations.setOnline("side-passage", true);
  const isFresh = (now: { stale?: unknown }): boolean => now.stale === false;
  await home.waitForAttributes("side-passage", "snapshot", isFresh, { from: back, timeoutMs: 30_000 });
  const again = home.position;
  const byInterval = (now: { type?: unknown }): boolean => now.type === "interval";
  await home.waitForAttributes("side-passage", "snapshot", byInterval, { from: again, timeoutMs: 15_000 });
});

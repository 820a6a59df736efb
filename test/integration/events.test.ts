import { afterAll, beforeAll, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { hasMosquitto, OutsideClient } from "../support/mosquitto.ts";
import { MqttObserver } from "../support/mqtt-observer.ts";
import { CameraHome } from "./camera-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const devices = ["front-door", "garden-gate", "driveway"];
let home: CameraHome;
const presses = (from: number) => home.events("front-door", "doorbell_event", from);

beforeAll(async () => {
  if (!hasMosquitto) return;
  home = await CameraHome.start({ accounts: [buildAccount({ devices })], settings: { snapshot_mode: "Disabled" } });
});

afterAll(async () => {
  expect(home?.cloud.journal.violations ?? []).toEqual([]);
  await home?.[Symbol.asyncDispose]();
});

test("two presses within the hold: the event fires twice, the state goes on once and off once", async () => {
  const from = home.position;
  const first = await home.cloud.pressDoorbell("garden-gate");
  await home.waitFor("garden-gate", "doorbell_event", "state", { from });
  const second = await home.cloud.pressDoorbell("garden-gate");
  const off = await home.waitFor("garden-gate", "ding", "state", { from, payload: "OFF", timeoutMs: 20_000 });
  const presses = home.events("garden-gate", "doorbell_event", from);
  expect(presses.map((press) => press["eventId"])).toEqual([first.eventId, second.eventId]);
  expect(presses[0]).toMatchObject({ event_type: "ring", happenedAt: new Date(first.at).toISOString() });
  expect(Date.parse(String(presses[0]?.["receivedAt"]))).toBeGreaterThanOrEqual(first.at);
  expect(presses[0]?.["text"]).toBe("🔔 Someone is at your Garden Gate");
  const states = home.order("garden-gate", from, ["ding"]).filter((name) => name === "ding/state");
  expect(states).toHaveLength(2);
  expect(off.at - second.at).toBeGreaterThan(9_900);
  expect(off.at - second.at).toBeLessThan(11_500);
  const attributes = home.attributes("garden-gate", "ding");
  expect(attributes).toMatchObject({
    lastDing: Math.floor(second.at / 1000),
    eventId: second.eventId,
    personDetected: false,
  });
});

test("on the wire: the event itself, then what is known of it, then its state", async () => {
  const from = home.position;
  await home.cloud.causeMotion("driveway", "human");
  await home.waitFor("driveway", "last_activity", "state", { from });
  const order = home.order("driveway", from, ["motion", "motion_event", "last_activity"]);
  expect(order).toEqual([
    "motion_event/state",
    "motion/attributes",
    "motion/state",
    "last_activity/attributes",
    "last_activity/state",
  ]);
  expect(home.attributes("driveway", "motion")).toMatchObject({ personDetected: true });
});

test.each([
  ["motion", "motion"],
  ["human", "person"],
  ["moving_vehicle", "vehicle"],
  ["package_delivery", "package"],
  ["animal", "animal"],
  ["other_motion", "other_motion"],
  ["a_new_word", "motion"],
])("a push of %s is the event %s", async (detection, type) => {
  const from = home.position;
  const { eventId } = await home.cloud.causeMotion("driveway", detection);
  await home.waitFor("driveway", "motion_event", "state", { from });
  expect(home.events("driveway", "motion_event", from)).toMatchObject([{ event_type: type, eventId }]);
});

test("a second push with the picture, and a push that comes twice, are one event", async () => {
  home.cloud.operations.turnKnobs("front-door", { push: { image: "later", imageDelayMs: 300, duplicate: true } });
  const from = home.position;
  const after = home.sequence;
  await home.cloud.pressDoorbell("front-door");
  const sent = (): number => home.cloud.journal.entries({ after, kind: "push.sent" }).length;
  await home.cloud.journal.waitFor("both pushes, twice each", () => sent() === 4, { after });
  await home.cloud.causeMotion("front-door");
  await home.waitFor("front-door", "motion_event", "state", { from });
  expect(home.events("front-door", "doorbell_event", from)).toHaveLength(1);
});

test("a second push that knows better what it was fires again, as that; the person stays known", async () => {
  home.cloud.operations.turnKnobs("driveway", { push: { firstDetection: "motion", imageDelayMs: 300 } });
  const from = home.position;
  const { eventId } = await home.cloud.causeMotion("driveway", "human");
  await home.waitFor("driveway", "motion_event", "state", { from });
  await home.waitForAttributes("driveway", "motion", (now) => now["personDetected"] === true, { from });
  home.cloud.operations.turnKnobs("driveway", { push: { firstDetection: "" } });
  expect(home.events("driveway", "motion_event", from)).toMatchObject([
    { event_type: "motion", eventId },
    { event_type: "person", eventId },
  ]);
});

test("events are not retained: who comes later hears none of them", async () => {
  await using late = await MqttObserver.connect(home.home.brokerUrl, ["ring/#"]);
  await late.waitFor("a retained state", home.topic("driveway", "motion", "state"));
  await using other = await OutsideClient.open(home.home.brokerUrl);
  await other.publish("ring/test/marker", "here");
  await late.waitFor("the marker", "ring/test/marker");
  expect(late.messages.filter(({ topic }) => topic.includes("_event/state"))).toEqual([]);
});

test("hold times are set by MQTT within their limits, and say why not", async () => {
  await home.command("driveway", "motion_duration", "12");
  await home.waitFor("driveway", "motion_duration", "state", { payload: "12" });
  const from = home.position;
  await home.command("driveway", "motion_duration", "181");
  const refused = await home.waitForAttributes("driveway", "motion_duration", (now) => "last_error" in now, { from });
  expect(refused["last_error"]).toMatch(/"181" is unknown; send a whole number from 10 to 180/);
  await home.waitFor("driveway", "motion_duration", "state", { from, payload: "12" });
});

test("after a restart: last events and hold times are known, nothing fires again, and the hold time counts", async () => {
  const before = ["driveway", "garden-gate"].map((slug) => home.attributes(slug, "last_activity"));
  const motion = home.attributes("driveway", "motion");
  const from = await home.restart({ snapshot_mode: "Disabled" });
  await home.waitFor("driveway", "motion_duration", "state", { from, payload: "12" });
  expect(home.attributes("driveway", "motion")).toEqual(motion);
  expect(["driveway", "garden-gate"].map((slug) => home.attributes(slug, "last_activity"))).toEqual(before);
  expect(home.attributes("driveway", "motion")["lastMotion"]).toBeGreaterThan(0);
  for (const slug of devices) {
    expect(home.events(slug, "motion_event", from)).toEqual([]);
    expect(home.events(slug, "doorbell_event", from)).toEqual([]);
  }
  const pressed = home.position;
  await home.cloud.causeMotion("driveway");
  const on = await home.waitFor("driveway", "motion", "state", { from: pressed, payload: "ON" });
  const off = await home.waitFor("driveway", "motion", "state", { from: pressed, payload: "OFF", timeoutMs: 20_000 });
  expect(off.at - on.at).toBeGreaterThan(11_900);
  expect(off.at - on.at).toBeLessThan(13_500);
});

test("killed right after two presses: they are not told again, nor by a message that only brings the picture", async () => {
  home.cloud.operations.turnKnobs("front-door", { push: { image: "later", imageDelayMs: 4_000 } });
  const from = home.position;
  for (const press of [1, 2]) {
    await home.cloud.pressDoorbell("front-door");
    await home.home.observer.waitFor(`press ${press}`, () => presses(from).length === press);
  }
  const sent = (): number => home.cloud.journal.entries({ after, kind: "push.sent" }).length;
  const after = home.sequence;
  const again = await home.restart(
    { snapshot_mode: "Disabled" },
    async () => {
      await home.cloud.journal.waitFor("the pictures", () => sent() === 2, { after });
    },
    "kill9",
  );
  // Whatever Google sends again comes before what happens now.
  await home.cloud.pressDoorbell("front-door");
  await home.waitFor("front-door", "doorbell_event", "state", { from: again, timeoutMs: 20_000 });
  expect(presses(again)).toHaveLength(1);
  home.cloud.operations.turnKnobs("front-door", { push: { image: "with" } });
}, 120_000);

test("what happened while Belfry was away is told when it is back, with its own time; long ago it switches nothing on", async () => {
  const happened: string[] = [];
  const from = await home.restart({ snapshot_mode: "Disabled" }, async () => {
    for (const secondsAgo of [3_000, 45]) {
      const { at } = await home.cloud.operations.pressDoorbell("front-door", secondsAgo);
      happened.push(new Date(at).toISOString());
    }
    await home.cloud.operations.causeMotion("front-door", "human", 3_000);
    // Google is quicker than Ring's list now.
    home.cloud.operations.failNextRequests({ path: "/clients_api/ring_devices$", times: 1, delayMs: 6_000 });
  });
  await home.home.observer.waitFor("both presses", () => presses(from).length === 2, { timeoutMs: 20_000 });
  expect(presses(from).map((press) => press["happenedAt"])).toEqual(happened);
  await home.waitFor("front-door", "motion_event", "state", { from, timeoutMs: 20_000 });
  await home.waitFor("front-door", "ding", "state", { from, payload: "ON" });
  expect(home.home.observer.latest(home.topic("front-door", "motion", "state"))?.text).toBe("OFF");
}, 120_000);

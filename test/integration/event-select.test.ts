import { expect, test as plainTest } from "vitest";
import { parseObject } from "../../simulator/json.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { EventHome, newest, type Shown } from "./event-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);

const older = { motion: "7410000000005000015", ding: "7410000000001000003" };
const is = (eventId: string) => (shown: Shown) => shown.eventId === eventId;

test("the event select of a doorbell offers five of each kind, also transcoded, and starts with the newest motion", async () => {
  await using events = await EventHome.start();
  const first = await events.waitForShown("the newest motion", is(newest.motion));
  expect(await events.download(first.recordingUrl)).toEqual({ status: 200, bytes: expect.any(Number), brand: "ftyp" });
  expect(events.home.observer.latest(events.topic("event_select", "state"))?.text).toBe("Motion 1");
  const config = `homeassistant/device/${events.camera.record.device_id}/config`;
  const discovery = await events.home.observer.waitFor("discovery", config, { payload: /event_select/ });
  const { components } = parseObject(discovery.text) as { components: Record<string, { options?: string[] }> };
  const options = Object.values(components).find((component) => component.options?.includes("Motion 1"))?.options ?? [];
  const kinds = ["Motion", "Ding", "Person", "On-demand"];
  const plain = kinds.flatMap((kind) => [1, 2, 3, 4, 5].map((number) => `${kind} ${number}`));
  expect(options).toEqual([...plain, ...plain.map((option) => `${option} (Transcoded)`)]);
  expect(events.home.cloud.journal.violations).toEqual([]);
});

test("a new selection changes id and URL in one message, one that has nothing says so, and a restart keeps it", async () => {
  await using events = await EventHome.start();
  const { observer } = events.home;
  await events.waitForShown("the newest motion", is(newest.motion));
  const selectedAt = performance.timeOrigin + performance.now();
  let from = observer.position;
  await events.select("Ding 1");
  const ding = await events.waitForShown("the newest ding", is(newest.ding), { from });
  expect(ding.recordingUrl).toContain(newest.ding);
  expect(ding.at - selectedAt).toBeLessThan(1_500);
  await observer.waitFor("the option", events.topic("event_select", "state"), { payload: "Ding 1", from });
  await events.select("Person 1");
  await events.waitForShown("the newest person", is(newest.motion), { from });
  await events.select("Motion 2");
  await events.waitForShown("the motion before", is(older.motion), { from });
  await events.select("On-demand 4");
  const none = await events.waitForShown("nothing", ({ eventId }) => eventId === null, { from });
  expect(none).toMatchObject({ recordingUrl: null, reason: "Ring has no recording of Front Door for On-demand 4" });
  await observer.waitFor("the option", events.topic("event_select", "state"), { payload: "On-demand 4", from });
  await events.select("Motion 9");
  const refused = await observer.waitFor("the reason", events.topic("event_select", "attributes"), {
    payload: /last_error/,
    from,
  });
  expect(parseObject(refused.text)?.["last_error"]).toMatch(/unknown.*Motion 1/);
  await events.select("Ding 2");
  const second = await events.waitForShown("the ding before", is(older.ding), { from });

  await events.belfry.stop();
  from = observer.position;
  await events.restart();
  const again = await events.waitForShown("it again", ({ recordingUrl }) => recordingUrl !== second.recordingUrl, {
    from,
  });
  expect(again.eventId).toBe(second.eventId);
  // Nothing else in between: an automation that waits for another event is not woken by a restart.
  expect(new Set(events.shownFrom(from).map(({ eventId }) => eventId))).toEqual(new Set([second.eventId]));
  expect(observer.latest(events.topic("event_select", "state"))?.text).toBe("Ding 2");
  expect(events.home.cloud.journal.violations).toEqual([]);
});

test("a new event is shown when its recording can be downloaded, and not before", async () => {
  await using events = await EventHome.start({ recording: { readyAfterMs: 4_000 } });
  await events.waitForShown("the newest motion", is(newest.motion));
  const looks = events.historyLooks;
  const { eventId, at } = await events.home.cloud.operations.causeMotion(events.slug, "human");
  const shown = await events.waitForShown("the new motion", is(eventId));
  expect(shown.at - at).toBeGreaterThan(4_000);
  expect(shown.at - at).toBeLessThan(12_000);
  expect(await events.download(shown.recordingUrl)).toEqual({ status: 200, bytes: expect.any(Number), brand: "ftyp" });
  expect(events.shown.map((one) => one.eventId)).toEqual([newest.motion, eventId]);
  // Looked for with growing pauses, and no more once it is there; a ding is of no interest to this selection.
  const used = events.historyLooks - looks;
  expect(used).toBeGreaterThan(1);
  expect(used).toBeLessThan(6);
  const ding = await events.home.cloud.operations.pressDoorbell(events.slug);
  await events.select("Ding 1");
  await events.waitForShown("the new ding", is(ding.eventId));
  expect(events.historyLooks - looks - used).toBeLessThan(6);
});

test("the URL is renewed at two thirds of its life, although nobody asks, and the id stays", async () => {
  await using events = await EventHome.start({ recording: { linkSeconds: 6 } });
  const first = await events.waitForShown("a URL", ({ eventId }) => eventId !== null);
  const second = await events.waitForShown("another URL", ({ recordingUrl }) => recordingUrl !== first.recordingUrl);
  expect(second.eventId).toBe(first.eventId);
  expect(second.at - first.at).toBeGreaterThan(2_000);
  expect(second.at - first.at).toBeLessThan(5_000);
  expect(await events.download(second.recordingUrl)).toMatchObject({ status: 200 });
});

test("a transcoded recording: progress as text, then the URL together with the id", async () => {
  await using events = await EventHome.start({ recording: { transcodingMs: 2_500 } });
  await events.waitForShown("the newest motion", is(newest.motion));
  const from = events.home.observer.position;
  await events.select("Ding 1 (Transcoded)");
  const progress = await events.waitForShown(
    "progress",
    ({ recordingUrl }) => /transcoding/.test(String(recordingUrl)),
    { from },
  );
  expect(progress.eventId).toBe(null);
  const done = await events.waitForShown("the URL", is(newest.ding), { from });
  expect(done.at - progress.at).toBeGreaterThan(1_500);
  expect(await events.download(done.recordingUrl)).toMatchObject({ status: 200, brand: "ftyp" });
  const orders = events.home.cloud.journal.entries({ kind: "transcoding.ordered" });
  expect(orders.map(({ details }) => details["eventId"])).toEqual([newest.ding]);
  expect(events.home.cloud.journal.violations).toEqual([]);
});

test("without a plan there are no event entities and no path; they come with the plan", async () => {
  await using events = await EventHome.start({ changes: { features: { show_recordings: false } } });
  const { observer, cloud } = events.home;
  const config = `homeassistant/device/${events.camera.record.device_id}/config`;
  const without = await observer.waitFor("discovery", config);
  expect(without.text).not.toContain("event_select");
  expect(without.text).not.toContain("event_stream");
  expect(await events.describe()).toBe(404);
  expect(events.historyLooks).toBe(0);
  const from = observer.position;
  cloud.operations.changeRecord(events.slug, { features: { show_recordings: true } });
  await observer.waitFor("the entities", config, { payload: /event_select/, from, timeoutMs: 30_000 });
  await events.waitForShown("the newest motion", is(newest.motion), { from });
  cloud.operations.changeRecord(events.slug, { features: { show_recordings: false } });
  const gone = observer.position;
  await observer.waitFor(
    "their removal",
    (message) => message.topic === config && !/event_select"?:\{"platform":"select","unique/.test(message.text),
    { from: gone, timeoutMs: 30_000 },
  );
  expect(await events.describe()).toBe(404);
});

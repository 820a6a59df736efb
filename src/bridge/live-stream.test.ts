import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { TransientError } from "../foundation/errors.ts";
import { StreamStage } from "../media/hub/stream.fixtures.ts";
import { volatileCameraMemory } from "./camera-memory.fake.ts";
import { LiveStream } from "./live-stream.ts";
import { LiveSeconds } from "./live-stream-seconds.ts";

function setUp(memory = volatileCameraMemory()) {
  const stage = new StreamStage();
  const changes = { count: 0 };
  const onChange = (): void => void changes.count++;
  const live = new LiveStream({ stream: stage.path, memory, clock: stage.clock, onChange });
  return { stage, live, memory, changes };
}

test("the lock is remembered, and forbids any start", async () => {
  const { live, memory } = setUp();
  expect(live.state.isLocked).toBe(false);
  live.setLocked(true);
  expect(() => live.turn(true)).toThrow(expect.objectContaining({ refusal: "locked" }));
  const later = setUp(memory);
  expect(later.live.state.isLocked).toBe(true);
  expect(() => later.live.turn(true)).toThrow(expect.objectContaining({ refusal: "locked" }));
  later.live.setLocked(false);
  later.live.turn(true);
  await later.stage.clock.advance(0);
  expect(later.stage.source.openings).toBe(1);
  expect(setUp(memory).live.state.isLocked).toBe(false);
});

test("what arrives is looked at every ten seconds and at the end, and stays known", async () => {
  const { stage, live, changes } = setUp();
  await stage.started();
  await stage.run(9_000);
  expect(live.state.received).toBeUndefined();
  await stage.run(2_000);
  expect(live.state.received).toMatchObject({ videoCodec: "h264", width: 1920, height: 1080, audioCodec: "opus" });
  expect(live.state.received?.fps).toBeCloseTo(25, 0);
  const before = live.state.received?.packets ?? 0;
  const seen = changes.count;
  await stage.run(8_000);
  expect(changes.count).toBe(seen);
  await stage.run(2_000);
  expect(changes.count).toBe(seen + 1);
  await stage.run(3_000);
  live.turn(false);
  const last = live.state.received;
  expect(last?.packets).toBeGreaterThan(before + 500);
  expect(last?.fps).toBeCloseTo(25, 0);
  await stage.clock.advance(60_000);
  expect(live.state).toMatchObject({ state: "idle", received: last });
});

test("a source that ends by itself leaves its rates behind; a failed start does not wipe them", async () => {
  const { stage, live } = setUp();
  await stage.started();
  await stage.run(5_000);
  stage.source.session.end(new TransientError("call.limit", "over"));
  await stage.clock.advance(0);
  expect(live.state.received?.fps).toBeCloseTo(25, 0);
  stage.source.failures.push(...Array.from({ length: 30 }, () => new TransientError("call.ticket", "503")));
  live.turn(true);
  await stage.clock.advance(20_000);
  expect(live.state).toMatchObject({ state: "failed", received: { fps: expect.closeTo(25, 0) } });
});

test("seconds of today count from the start to the end of the call, and survive a restart", async () => {
  const { stage, live, memory } = setUp();
  const lease = await stage.started();
  await stage.run(10_000);
  expect(live.state.secondsToday).toBe(10);
  lease[Symbol.dispose]();
  // The grace time is live, too.
  await stage.clock.advance(60_000);
  expect(live.state.secondsToday).toBe(17);
  expect(setUp(memory).live.state.secondsToday).toBe(17);
});

test("seconds are kept while it is live, and never worth a write of their own", async () => {
  const memory = volatileCameraMemory();
  const { stage } = setUp({ ...memory, write: () => expect.unreachable() });
  const lease = await stage.started();
  await stage.clock.advance(75_000);
  expect(memory.read("live_today")).toMatchObject({ ms: 70_000 });
  lease[Symbol.dispose]();
  await stage.clock.advance(7_000);
  expect(memory.read("live_today")).toMatchObject({ ms: 82_000 });
});

const evening = new Date(2026, 2, 14, 23, 59, 0).getTime();

test("at local midnight seconds begin anew, for what runs as well", async () => {
  const clock = new ManualClock(evening);
  const memory = volatileCameraMemory();
  let days = 0;
  const seconds = new LiveSeconds({ memory, clock, onNewDay: () => void days++ });
  seconds.setLive(true);
  await clock.advance(59_000);
  expect(seconds.today).toBe(59);
  await clock.advance(6_000);
  expect([seconds.today, days]).toEqual([5, 1]);
  seconds.setLive(false);
  await clock.advance(24 * 3_600_000);
  expect([seconds.today, days]).toEqual([0, 2]);
  seconds[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["another day", { day: "2026-3-13", ms: 5_000 }],
  ["rubbish", { day: "2026-3-14", ms: "many" }],
  ["a negative number", { day: "2026-3-14", ms: -5 }],
  ["another kind of thing", 7],
])("%s in memory counts as nothing", (_name, value) => {
  const memory = { read: () => value, keep: () => undefined };
  const seconds = new LiveSeconds({ memory, clock: new ManualClock(evening), onNewDay: () => undefined });
  expect(seconds.today).toBe(0);
});

import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { TransientError } from "../../foundation/errors.ts";
import { type LiveSpan, liveMsWithin, waitForLiveTimeMs } from "./live-time-policy.ts";
import { waitForStartMs } from "./restart-budget.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";
import type { Viewer } from "./stream.ts";
import { type StreamBudget, viewerKey } from "./stream-budget.ts";
import { type ViewingLimits, viewingBudgets } from "./viewing-limits.ts";

const minute = 60_000;
const hour = 60 * minute;
const spans = (...minutes: readonly [number, number][]): LiveSpan[] =>
  minutes.map(([start, end]) => ({ startMs: start * minute, endMs: end * minute }));

test.each<[string, LiveSpan[], number, number]>([
  ["nothing", [], 100, 0],
  ["one span", spans([0, 10]), 20, 10],
  ["one that has begun before the window", spans([0, 10]), 65, 5],
  ["one that lies before it", spans([0, 10]), 70, 0],
  ["several", spans([0, 10], [50, 55]), 65, 10],
])("live minutes within an hour: %s", (_name, list, now, used) => {
  expect(liveMsWithin(list, now * minute, hour)).toBe(used * minute);
});

test.each<[string, LiveSpan[], number, number, number]>([
  ["unlimited", spans([0, 59]), 60, 0, 0],
  ["unused", [], 60, 20, 0],
  ["a minute is left", spans([0, 19]), 19, 20, 0],
  ["less than a minute is left", spans([0, 19.5]), 19.5, 20, 41],
  ["used up at once", spans([0, 20]), 20, 20, 41],
  ["used up a while ago", spans([0, 20]), 50, 20, 11],
  ["used up in two parts, the older one too short", spans([0, 0.5], [30, 50]), 50, 20, 41],
  ["overdrawn by hand", spans([0, 40]), 40, 20, 41],
  ["free again", spans([0, 20]), 61, 20, 0],
  ["a limit of one minute", spans([0, 1]), 1, 1, 59.5],
  ["a limit of one minute, hardly used", spans([0, 0.1]), 0.1, 1, 0],
  ["a limit of one minute, half used", spans([0, 0.6]), 0.6, 1, 59.5],
])("live minutes, %s: how long to wait", (_name, list, now, limit, wait) => {
  const facts = { spans: list, nowMs: now * minute, windowMs: hour, limitMs: limit * minute };
  expect(waitForLiveTimeMs(facts) / minute).toBeCloseTo(wait, 6);
});

test.each<[string, number[], number]>([
  ["none", [], 0],
  ["five", [0, 1, 2, 3, 4], 0],
  ["six", [0, 1, 2, 3, 4, 5], 4],
  ["six, the first one long ago", [-5, 1, 2, 3, 4, 5], 0],
  ["more than six", [0, 0, 1, 2, 3, 4, 5], 4],
])("starts within ten minutes, %s: how long to wait", (_name, starts, wait) => {
  const limits = { mostStarts: 6, windowMs: 10 * minute };
  const at = starts.map((start) => start * minute);
  expect(waitForStartMs(at, 6 * minute, limits)).toBe(wait * minute);
});

test("a viewer is the same with another port, not with another address or name", () => {
  const since = { ...viewer, since: 7 };
  expect(viewerKey(since)).toBe(viewerKey(viewer));
  expect(viewerKey({ ...viewer, address: "192.0.2.8" })).not.toBe(viewerKey(viewer));
  expect(viewerKey({ ...viewer, userAgent: "other" })).not.toBe(viewerKey(viewer));
});

const other = { ...viewer, address: "192.0.2.8" };
const limits: ViewingLimits = { maxLiveMinutes: 20, pauseAfterLimitSeconds: 600 };

/** Of a stage whose clock is `clock`. */
let clock: ManualClock;
let kept: unknown;
/** How often they had to be safe at once. */
let saves: number;
beforeEach(() => {
  clock = new ManualClock();
  kept = undefined;
  saves = 0;
});
const budgets = (of: () => ViewingLimits): StreamBudget[] =>
  viewingBudgets(of, clock, {
    load: () => JSON.parse(JSON.stringify(kept ?? null)),
    keep: (spans) => {
      kept = spans;
    },
    save: (spans) => {
      kept = spans;
      saves++;
    },
  });

/** Lets time pass while the camera sends enough to stay on. */
async function watch(stage: StreamStage, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed++) await stage.clock.advance(1_000);
}

test("after 20 live minutes running viewers are ended with the reason, and those who watched must pause", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  const lease = await stage.started();
  const early = stage.path.lease({ ...viewer, address: "192.0.2.9" });
  early[Symbol.dispose]();
  await watch(stage, 20 * 60 - 1);
  expect(lease.ended.aborted).toBe(false);
  await watch(stage, 2);
  expect(lease.ended.reason).toMatchObject({ code: "stream.limit" });
  expect(stage.source.session.isClosed).toBe(true);
  expect(stage.path.status).toMatchObject({ state: "idle", reason: { code: "stream.limit" } });
  expect(stage.path.status.reason?.text).toContain("20 min");
  // At no time was it shown as running with the reason of its end.
  expect(stage.statuses.filter(({ state, reason }) => state === "ready" && reason)).toEqual([]);
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "paused" }));
  // The hour is used up for everybody else, too.
  expect(() => stage.path.lease(other)).toThrow(expect.objectContaining({ refusal: "budget" }));
  await watch(stage, 600);
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "budget" }));
  await stage.clock.advance(31 * minute);
  stage.path.lease(viewer)[Symbol.dispose]();
  expect(stage.source.openings).toBe(1);
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(2);
});

test("after Ring's limit only those who watched must pause; the switch overrides it", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => ({ ...limits, maxLiveMinutes: 0 })) });
  await stage.started();
  stage.path.lease(other)[Symbol.dispose]();
  await watch(stage, 600);
  stage.source.session.end(new TransientError("call.limit", "Ring's time limit for a call is over"));
  await stage.clock.advance(0);
  expect(stage.path.status).toMatchObject({ state: "idle", reason: { code: "call.limit" } });
  const refused = expect.objectContaining({ refusal: "paused", retryAfterMs: 600_000 });
  expect(() => stage.path.lease(viewer)).toThrow(refused);
  await expect(stage.path.describe(viewer, new AbortController().signal)).rejects.toEqual(refused);
  stage.path.turnOn();
  stage.path.lease(viewer);
  stage.path.turnOff();
  await stage.clock.advance(0);
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "paused" }));
  stage.path.lease(other)[Symbol.dispose]();
});

test("who has only just left must pause as well; with another end nobody must", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  const lease = await stage.started();
  const jumpy = stage.path.lease(other);
  await watch(stage, 60);
  jumpy[Symbol.dispose]();
  await watch(stage, 5);
  lease[Symbol.dispose]();
  stage.source.session.end(new TransientError("call.limit", "over"));
  await stage.clock.advance(0);
  expect(() => stage.path.lease(other)).toThrow(expect.objectContaining({ refusal: "paused" }));
  await stage.clock.advance(600_000);
  stage.path.lease(other);
  stage.path.turnOff();
  await stage.clock.advance(0);
  stage.path.lease(other);
});

test("who had to pause earlier must go on with it when the limit ends the stream for somebody else", async () => {
  const stage = new StreamStage({
    clock,
    budgets: budgets(() => ({ maxLiveMinutes: 0, pauseAfterLimitSeconds: 3_600 })),
  });
  const limitEnds = async (who: Viewer): Promise<void> => {
    stage.path.lease(who);
    await stage.clock.advance(0);
    stage.video(stage.camera.keyFrame());
    await watch(stage, 600);
    stage.source.session.end(new TransientError("call.limit", "over"));
    await stage.clock.advance(0);
  };
  await limitEnds(viewer);
  await stage.clock.advance(10_000);
  await limitEnds(other);
  const refused = (retryAfterMs: number): unknown => expect.objectContaining({ refusal: "paused", retryAfterMs });
  expect(() => stage.path.lease(viewer)).toThrow(refused(3_600_000 - 610_000));
  expect(() => stage.path.lease(other)).toThrow(refused(3_600_000));
  await stage.clock.advance(3_600_000 - 610_000);
  expect(() => stage.path.lease(other)).toThrow(refused(610_000));
  stage.path.lease(viewer);
});

test("used live minutes are used up after a restart, too, as long as their hour lasts", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  await stage.started();
  await watch(stage, 15 * 60);
  // A crash: nobody has said goodbye.
  const begunAt = clock.now();
  const restart = (afterMs: number): StreamStage => {
    clock = new ManualClock(begunAt + afterMs);
    return new StreamStage({ clock, budgets: budgets(() => limits) });
  };
  const second = restart(60_000);
  const lease = await second.started();
  await watch(second, 5 * 60 - 1);
  expect(lease.ended.aborted).toBe(false);
  await watch(second, 2);
  expect(lease.ended.reason).toMatchObject({ code: "stream.limit" });
  await second.path[Symbol.asyncDispose]();
  expect(() => restart(10 * minute).path.lease(other)).toThrow(expect.objectContaining({ refusal: "budget" }));
  restart(46 * minute).path.lease(other);
  // A clock that was set back knows nothing of then.
  restart(-hour).path.lease(other);
});

test("live minutes are kept all the time, and safe at the end, not before: each write to the disk delays all streams", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  const lease = await stage.started();
  const startMs = clock.now();
  await watch(stage, 150);
  expect(kept).toEqual([{ startMs, endMs: startMs + 150_000 }]);
  expect(saves).toBe(0);
  lease[Symbol.dispose]();
  await stage.clock.advance(7_000);
  expect(kept).toEqual([{ startMs, endMs: startMs + 157_000 }]);
  expect(saves).toBe(1);
});

test.each([null, "x", [{}, { startMs: "1", endMs: 2 }, null], [{ startMs: 5, endMs: 1 }]])(
  "live minutes that cannot be read are none: %j",
  (garbage) => {
    kept = garbage;
    new StreamStage({ clock, budgets: budgets(() => limits) }).path.lease(viewer);
  },
);

test("a call that breaks again and again is made again no more often than the viewer may start it", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => ({ ...limits, maxLiveMinutes: 0 })) });
  const refusals: unknown[] = [];
  const come = async (): Promise<void> => {
    try {
      stage.path.lease(viewer);
    } catch (error) {
      refusals.push(error);
    }
    await stage.clock.advance(0);
  };
  await come();
  for (let stall = 0; stall < 60; stall++) {
    stage.video(stage.camera.keyFrame());
    await stage.clock.advance(31_000);
    stage.source.session.end(new TransientError("call.media-stalled", "no media"));
    await stage.clock.advance(3_000);
    if (stall === 5)
      expect(stage.path.status).toMatchObject({ state: "failed", reason: { code: "call.media-stalled" } });
    if (stage.path.status.viewers.length === 0) await come();
  }
  // 34 minutes, so at most four spans of ten.
  expect(stage.source.openings).toBeLessThanOrEqual(24);
  expect(stage.source.openings).toBeGreaterThan(12);
  expect(refusals.at(-1)).toMatchObject({ refusal: "budget" });
});

test("what the switch holds has the same budget for calls that break", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  stage.path.turnOn();
  await stage.clock.advance(0);
  for (let stall = 0; stall < 20; stall++) {
    stage.video(stage.camera.keyFrame());
    await stage.clock.advance(31_000);
    stage.source.session.end(new TransientError("call.media-stalled", "no media"));
    await stage.clock.advance(3_000);
  }
  expect(stage.source.openings).toBe(6);
  expect(stage.path.status).toMatchObject({ state: "failed", isManual: false });
});

test("one viewer who may start it is enough for the others", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => ({ ...limits, maxLiveMinutes: 0 })) });
  await stage.started();
  for (let stall = 0; stall < 7; stall++) {
    if (stall === 5) stage.path.lease(other);
    await stage.clock.advance(31_000);
    stage.source.session.end(new TransientError("call.media-stalled", "no media"));
    await stage.clock.advance(0);
    stage.video(stage.camera.keyFrame());
    await stage.clock.advance(0);
  }
  expect(stage.source.openings).toBe(8);
  expect(stage.path.status.viewers).toHaveLength(2);
});

test("what the switch holds is not ended by the budget, but counts", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => limits) });
  stage.path.turnOn();
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  await watch(stage, 25 * 60);
  expect(stage.path.status).toMatchObject({ state: "ready", isManual: true });
  stage.path.turnOff();
  await stage.clock.advance(0);
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "budget" }));
});

test("a viewer that starts the stream again and again is stopped after six times, others are not", async () => {
  const stage = new StreamStage({ clock, budgets: budgets(() => ({ ...limits, maxLiveMinutes: 0 })) });
  const start = async (who = viewer): Promise<void> => {
    stage.path.lease(who)[Symbol.dispose]();
    await stage.clock.advance(8_000);
  };
  for (let count = 0; count < 6; count++) await start();
  expect(stage.source.openings).toBe(6);
  const refused = expect.objectContaining({ refusal: "budget", retryAfterMs: 600_000 - 48_000 });
  expect(() => stage.path.lease(viewer)).toThrow(refused);
  await start(other);
  await stage.clock.advance(552_000 - 8_000);
  await start();
  expect(stage.source.openings).toBe(8);
});

test("limits that change count at once", async () => {
  let present: ViewingLimits = { maxLiveMinutes: 0, pauseAfterLimitSeconds: 0 };
  const stage = new StreamStage({ clock, budgets: budgets(() => present) });
  const lease = await stage.started();
  await watch(stage, 90);
  present = { maxLiveMinutes: 1, pauseAfterLimitSeconds: 0 };
  await watch(stage, 1);
  expect(lease.ended.reason).toMatchObject({ code: "stream.limit" });
});

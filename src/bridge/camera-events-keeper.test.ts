import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { CameraEventsKeeper } from "./camera-events-keeper.ts";
import { loadLastEvents } from "./camera-events-memory.ts";
import { motionEventTypes } from "./camera-events-message.ts";
import { volatileCameraMemory } from "./camera-memory.fake.ts";

const startMs = Date.UTC(2026, 10, 20, 12);

const event = (changes: Partial<CameraEvent> = {}): CameraEvent => ({
  kind: "motion",
  eventId: "7123456789012345678",
  happenedAt: startMs,
  receivedAt: startMs + 250,
  detection: "person",
  text: "There is a Person at your Drive",
  imageId: undefined,
  ...changes,
});

function setUp(memory = volatileCameraMemory()) {
  const clock = new ManualClock(startMs);
  const told: string[] = [];
  const writes: string[] = [];
  const keeper: CameraEventsKeeper = new CameraEventsKeeper({
    link: { publishEvent: (key, payload) => told.push(`${key} ${payload}`) },
    memory: {
      ...memory,
      write: (key, value) => {
        writes.push(key);
        memory.write(key, value);
      },
    },
    clock,
    onChange: () => told.push(`states ${keeper.view.motion.isOn} ${keeper.view.ding.isOn}`),
  });
  return { clock, told, writes, keeper, memory };
}

test("an event is told at once, before its state, with id, times and text", () => {
  const { told, keeper } = setUp();
  keeper.happened(event(), true);
  expect(told[1]).toBe("states true false");
  expect(told[0]).toMatch(/^motion_event /);
  expect(JSON.parse(told[0]?.slice("motion_event ".length) ?? "")).toEqual({
    event_type: "person",
    eventId: "7123456789012345678",
    happenedAt: "2026-11-20T12:00:00.000Z",
    receivedAt: "2026-11-20T12:00:00.250Z",
    detection: "person",
    text: "There is a Person at your Drive",
  });
});

test("each press within the hold is told; a camera without the entity tells none", async () => {
  const { clock, told, keeper } = setUp();
  keeper.happened(event({ kind: "ding", eventId: "1", detection: "ding" }), true);
  await clock.advance(3_000);
  keeper.happened(event({ kind: "ding", eventId: "2", detection: "ding" }), true);
  keeper.happened(event({ kind: "ding", eventId: "3", detection: "ding" }), false);
  const presses = told.filter((line) => line.startsWith("doorbell_event"));
  expect(presses).toHaveLength(2);
  expect(presses[1]).toContain('"event_type":"ring","eventId":"2"');
});

test.each([...motionEventTypes.map((type) => [type, type]), ["baby_cry", "motion"]])(
  "a detection %s is told as %s",
  (detection, type) => {
    const { told, keeper } = setUp();
    keeper.happened(event({ detection }), true);
    expect(told[0]).toContain(`"event_type":"${type}"`);
    expect(told[0]).toContain(`"detection":"${detection}"`);
  },
);

test("last events and hold times are there after a restart, and are written at most every 10 s", async () => {
  const { clock, writes, keeper, memory } = setUp();
  keeper.setHoldSeconds("motion", 45);
  writes.length = 0;
  for (let second = 0; second < 25; second++) {
    keeper.happened(event({ eventId: String(second), happenedAt: clock.now() }), true);
    if (second === 0) expect(writes).toEqual([]);
    await clock.advance(1_000);
  }
  expect(writes).toEqual(["last_motion", "last_motion", "last_motion"]);
  keeper[Symbol.dispose]();
  expect(writes).toHaveLength(4);
  expect(clock.pending).toBe(0);
  const { view } = setUp(memory).keeper;
  expect(view.holdSeconds).toEqual({ motion: 45, ding: 10 });
  expect(view.motion).toMatchObject({ isOn: false, last: { eventId: "24", happenedAt: startMs + 24_000 } });
  expect(view.ding.last).toBeUndefined();
});

test("the last event is there to be read at once, also while its write is not due", async () => {
  const { clock, writes, keeper, memory } = setUp();
  keeper.happened(event(), true);
  await clock.advance(3_000);
  expect(writes).toEqual(["last_motion"]);
  keeper.happened(event({ kind: "ding", eventId: "2", happenedAt: clock.now() }), true);
  keeper.happened(event({ eventId: "1", happenedAt: startMs - 1_000 }), true);
  expect(loadLastEvents(memory)).toMatchObject([
    { kind: "motion", happenedAt: startMs },
    { kind: "ding", eventId: "2" },
  ]);
  expect(writes).toEqual(["last_motion"]);
});

test("what is learned without a message is remembered, and neither told nor held; what is older than the last changes nothing", async () => {
  const { clock, told, writes, keeper } = setUp();
  keeper.learned(event({ happenedAt: startMs - 3_600_000 }));
  expect(told).toEqual(["states false false"]);
  keeper.learned(event({ happenedAt: startMs - 7_200_000, eventId: "1" }));
  await clock.advance(0);
  expect(keeper.view.motion).toMatchObject({ isOn: false, last: { happenedAt: startMs - 3_600_000 } });
  expect(writes).toEqual(["last_motion"]);
  expect(told).toHaveLength(1);
});

test("what somebody else wrote into the state file costs only itself", () => {
  const memory = volatileCameraMemory();
  for (const key of ["motion_duration", "ding_duration"]) memory.write(key, 9_999);
  memory.write("last_motion", { happenedAt: 9e15 });
  memory.write("last_ding", { happenedAt: startMs, eventId: 12 });
  const { view } = setUp(memory).keeper;
  expect(view.holdSeconds).toEqual({ motion: 30, ding: 10 });
  expect(view.motion.last).toBeUndefined();
  expect(view.ding.last).toMatchObject({ kind: "ding", happenedAt: startMs, eventId: undefined });
});

test("a hold time that is set is the one that counts", async () => {
  const { clock, keeper } = setUp();
  keeper.setHoldSeconds("ding", 20);
  keeper.happened(event({ kind: "ding" }), true);
  await clock.advance(19_999);
  expect(keeper.view.ding.isOn).toBe(true);
  await clock.advance(1);
  expect(keeper.view.ding.isOn).toBe(false);
});

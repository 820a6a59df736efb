import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { batteryDoorbell } from "./camera-state.fixtures.ts";
import { SteadyReadings } from "./steady-readings.ts";

const minuteMs = 60_000;

function setUp() {
  const clock = new ManualClock();
  const readings = new SteadyReadings(clock);
  const first = { ...batteryDoorbell, signalStrength: -50, updatedAt: 1 };
  readings.of(first);
  return { clock, readings, first };
}

test("a signal that trembles and a report that comes again show nothing new for half an hour", async () => {
  const { clock, readings, first } = setUp();
  const shown = new Set<string>();
  for (let poll = 1; poll <= 100; poll++) {
    await clock.advance(20_000);
    const { signalStrength, updatedAt } = readings.of({ ...first, signalStrength: -50 + (poll % 7), updatedAt: poll });
    shown.add(`${signalStrength} ${updatedAt}`);
  }
  expect([...shown]).toEqual(["-50 1", "-44 90"]);
});

test.each([
  ["a signal that leaps", { signalStrength: -61 }],
  ["a signal that is gone", { signalStrength: undefined }],
  ["another battery level", { batteryBays: [12, undefined] }],
  ["another firmware", { firmware: "new" }],
  ["a camera that is gone", { isOnline: false }],
])("%s is shown at once, with the newest readings", async (_what, change) => {
  const { clock, readings, first } = setUp();
  await clock.advance(minuteMs);
  const now = { ...first, signalStrength: -51, updatedAt: 2, ...change };
  expect(readings.of(now)).toEqual(now);
});

test("everything else of a camera is shown as it is", () => {
  const { readings, first } = setUp();
  const now = { ...first, light: true, signalStrength: -52, updatedAt: 2 };
  expect(readings.of(now)).toEqual({ ...now, signalStrength: -50, updatedAt: 1 });
});

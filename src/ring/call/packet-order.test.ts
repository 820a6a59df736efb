import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { PacketOrder } from "./packet-order.ts";

function make(windowMs = 100) {
  const clock = new ManualClock();
  const out: number[] = [];
  const asked: (readonly number[])[] = [];
  const order = new PacketOrder<{ sequenceNumber: number }>({
    clock,
    windowMs,
    askAgainMs: 40,
    deliver: ({ sequenceNumber }) => out.push(sequenceNumber),
    onMissing: (missing) => asked.push(missing),
  });
  const push = (...numbers: number[]): void => {
    for (const sequenceNumber of numbers) order.push({ sequenceNumber: sequenceNumber & 0xffff }, clock.monotonic());
  };
  return { clock, out, asked, order, push };
}

test("in order means at once, over the wrap too", () => {
  const { out, push, clock } = make();
  push(65534, 65535, 65536, 65537);
  expect(out).toEqual([65534, 65535, 0, 1]);
  expect(clock.pending).toBe(0);
});

test("swapped packets are put right, repeated ones dropped", () => {
  const { out, push, clock } = make();
  push(10, 12, 12, 11, 11, 10, 13);
  expect(out).toEqual([10, 11, 12, 13]);
  expect(clock.pending).toBe(0);
});

test("a gap is asked for, again while it lasts, and given up after the window", async () => {
  const { out, asked, push, clock } = make();
  push(1, 4);
  expect(asked).toEqual([[2, 3]]);
  push(3);
  await clock.advance(40);
  expect(asked).toEqual([[2, 3], [2]]);
  await clock.advance(59);
  expect(out).toEqual([1]);
  await clock.advance(1);
  expect(out).toEqual([1, 3, 4]);
  push(2, 5);
  expect(out).toEqual([1, 3, 4, 5]);
  expect(clock.pending).toBe(0);
});

test("what comes within the window closes the gap", async () => {
  const { out, push, clock } = make();
  push(65533, 65535, 65536);
  await clock.advance(90);
  push(65534);
  expect(out).toEqual([65533, 65534, 65535, 0]);
  expect(clock.pending).toBe(0);
});

test("a far jump is a new beginning", () => {
  const { out, push, clock } = make();
  push(1, 3, 30_000, 30_001);
  expect(out).toEqual([1, 3, 30_000, 30_001]);
  expect(clock.pending).toBe(0);
});

test("what is held is bounded", () => {
  const { out, push } = make();
  push(0);
  for (let number = 2; number < 1000; number++) push(number);
  expect(out.length).toBeGreaterThan(900);
});

test("after dispose no timer is left", () => {
  const { order, push, clock } = make();
  push(1, 3);
  order[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});

test("whatever is lost, swapped or repeated: numbers only rise, none comes twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }))),
      async (steps) => {
        const { out, push, clock } = make();
        push(65_500);
        for (const [number, waitMs] of steps) {
          push(65_501 + number);
          await clock.advance(waitMs);
        }
        await clock.advance(500);
        const unwrapped = out.map((number) => (number - 65_500) & 0xffff);
        expect(unwrapped).toEqual([...new Set(unwrapped)].sort((a, b) => a - b));
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});

import { expect, test } from "vitest";
import { Backlog } from "./backlog.ts";
import { ManualClock } from "./clock.fake.ts";

function setUp() {
  const clock = new ManualClock();
  const startMs = clock.monotonic();
  const sent: { item: number; atMs: number }[] = [];
  const backlog = new Backlog<number>({
    clock,
    sizeOf: (bytes) => bytes,
    send: (items) => sent.push(...items.map((item) => ({ item, atMs: clock.monotonic() - startMs }))),
  });
  return { clock, backlog, sent };
}

/** One item every 100 ms. */
async function fill({ clock, backlog }: ReturnType<typeof setUp>, count: number): Promise<void> {
  for (let item = 0; item < count; item++) {
    backlog.push([item]);
    await clock.advance(100);
  }
}

test("what comes is kept until it is wanted, and then goes four times as fast as it came, in order", async () => {
  const stage = setUp();
  await fill(stage, 11);
  expect(stage.sent).toEqual([]);
  stage.backlog.release();
  expect(stage.sent).toEqual([{ item: 0, atMs: 1_100 }]);
  await stage.clock.advance(130);
  expect(stage.sent.map(({ item }) => item)).toEqual([0, 1, 2, 3, 4, 5]);
  stage.backlog.push([11]);
  await stage.clock.advance(170);
  expect(stage.sent.map(({ item }) => item)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await stage.clock.advance(20);
  expect(stage.sent.at(-1)?.item).toBe(11);
  expect(stage.backlog.isEmpty).toBe(true);
  stage.backlog.push([12, 13]);
  expect(stage.sent.slice(-2).map(({ item }) => item)).toEqual([12, 13]);
  expect(stage.clock.pending).toBe(0);
});

test("released before anything has come it keeps nothing", () => {
  const { backlog, sent } = setUp();
  backlog.release();
  backlog.push([1, 2]);
  expect(sent.map(({ item }) => item)).toEqual([1, 2]);
});

test("it does not wait for ever, nor keep without bound", async () => {
  const waiting = setUp();
  await fill(waiting, 49);
  expect(waiting.sent).toEqual([]);
  await waiting.clock.advance(200);
  expect(waiting.sent.length).toBeGreaterThan(0);
  const large = setUp();
  large.backlog.push([17_000_000]);
  expect(large.sent).toHaveLength(1);
});

test("whoever wants to know hears when all of it is gone; what is given up goes nowhere", async () => {
  const stage = setUp();
  await fill(stage, 5);
  let isDrained = false;
  const drained = stage.backlog.drained().then(() => {
    isDrained = true;
  });
  await stage.clock.advance(50);
  expect(isDrained).toBe(false);
  await stage.clock.advance(60);
  await drained;
  expect(stage.sent).toHaveLength(5);
  const given = setUp();
  await fill(given, 3);
  given.backlog[Symbol.dispose]();
  await given.backlog.drained();
  expect(given.sent).toEqual([]);
  expect(given.clock.pending).toBe(0);
});

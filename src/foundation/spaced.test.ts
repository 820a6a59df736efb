import { expect, test } from "vitest";
import { ManualClock } from "./clock.fake.ts";
import { Spaced } from "./spaced.ts";

function make(times: number) {
  const clock = new ManualClock();
  const startedAt = clock.monotonic();
  const done: number[] = [];
  const spaced = new Spaced({ work: () => done.push(clock.monotonic() - startedAt), times, everyMs: 10_000, clock });
  return { clock, done, spaced };
}

test("soon, but not in the same turn, and once for all who ask until then", async () => {
  const { clock, done, spaced } = make(1);
  spaced.request();
  spaced.request();
  expect(done).toEqual([]);
  await clock.advance(0);
  expect(done).toEqual([0]);
});

test("only so often in any such time, and the last wish is never lost", async () => {
  const { clock, done, spaced } = make(2);
  for (let second = 0; second < 16; second++) {
    spaced.request();
    await clock.advance(1_000);
  }
  await clock.advance(60_000);
  expect(done).toEqual([0, 1_000, 10_000, 11_000, 20_000]);
});

test("at the end what was asked for is done, and nothing else", async () => {
  const { clock, done, spaced } = make(1);
  spaced[Symbol.dispose]();
  expect(done).toEqual([]);
  spaced.request();
  spaced[Symbol.dispose]();
  expect(done).toEqual([0]);
  expect(clock.pending).toBe(0);
});

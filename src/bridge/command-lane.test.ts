import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { CommandLane } from "./command-lane.ts";

function setUp({ takesMs = 10 } = {}) {
  const clock = new ManualClock();
  const startedAt = clock.monotonic();
  const done: string[] = [];
  const batches: (readonly string[])[] = [];
  const end = new AbortController();
  const lane = new CommandLane({
    carryOut: async (payloads) => {
      done.push(`${clock.monotonic() - startedAt} ${payloads[0]}`);
      batches.push(payloads);
      await new Promise<void>((resolve) => clock.after(takesMs, resolve));
    },
    clock,
    signal: end.signal,
  });
  return { clock, done, batches, lane, end };
}

test("a command that comes alone is carried out at once", async () => {
  const { clock, done, lane } = setUp();
  lane.receive("ON");
  await clock.advance(1_000);
  lane.receive("OFF");
  await clock.advance(1_000);
  expect(done).toEqual(["0 ON", "1000 OFF"]);
});

test("a thousand commands in a second are two, and the last one counts", async () => {
  const { clock, done, lane } = setUp();
  for (let count = 1; count <= 1_000; count++) {
    lane.receive(count % 2 === 0 ? "OFF" : "ON");
    await clock.advance(1);
  }
  lane.receive("ON");
  await clock.advance(500);
  expect(done).toEqual(["0 ON", "1150 ON"]);
});

test("who never stops sending is carried out now and then", async () => {
  const { clock, done, lane } = setUp();
  for (let count = 0; count < 50; count++) {
    lane.receive(String(count));
    await clock.advance(100);
  }
  await clock.advance(1_000);
  expect(done.length).toBeGreaterThan(2);
  expect(done.length).toBeLessThan(6);
  expect(done.at(-1)).toMatch(/ 49$/);
});

test("what waited comes in one piece, the newest first", async () => {
  const { clock, batches, lane } = setUp();
  lane.receive("ON");
  lane.receive("OFF");
  lane.receive("nonsense");
  await clock.advance(1_000);
  expect(batches).toEqual([["ON"], ["nonsense", "OFF"]]);
});

test("nothing is carried out after the end", async () => {
  const { clock, done, lane, end } = setUp();
  lane.receive("ON");
  lane.receive("OFF");
  end.abort();
  await clock.advance(1_000);
  expect(done).toEqual(["0 ON"]);
  expect(clock.pending).toBe(0);
});

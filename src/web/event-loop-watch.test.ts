import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { EventLoopWatch } from "./event-loop-watch.ts";

/** A clock whose time can pass without any timer getting its turn. */
function stage() {
  const manual = new ManualClock();
  let heldUpMs = 0;
  const clock = {
    now: () => manual.now() + heldUpMs,
    monotonic: () => manual.monotonic() + heldUpMs,
    after: (delayMs: number, callback: () => void) => manual.after(delayMs, callback),
  };
  return {
    watch: new EventLoopWatch(clock),
    pass: (ms: number) => manual.advance(ms),
    holdUp: (ms: number) => {
      heldUpMs += ms;
    },
  };
}

test("what is busy for a moment is no trouble, what gets no turn for seconds is", async () => {
  const { watch, pass, holdUp } = stage();
  await pass(3_000);
  holdUp(4_000);
  expect(watch.wasHeldUp).toBe(false);
  await pass(3_000);
  holdUp(7_000);
  expect(watch.wasHeldUp).toBe(true);
});

test("asking takes nothing away: a hold-up is seen for as long as the next check needs to come, by everybody", async () => {
  const { watch, pass, holdUp } = stage();
  holdUp(7_000);
  await pass(1_000);
  expect([watch.wasHeldUp, watch.wasHeldUp]).toEqual([true, true]);
  await pass(40_000);
  expect(watch.wasHeldUp).toBe(true);
  await pass(10_000);
  expect(watch.wasHeldUp).toBe(false);
});

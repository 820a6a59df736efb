import fc from "fast-check";
import { expect, test } from "vitest";
import { AudioTimeline } from "./audio-timeline.ts";

const opus = () => new AudioTimeline({ inputRate: 48_000, silenceStep: 120, longestGapMs: 5_000 });
const pcmu = () => new AudioTimeline({ inputRate: 8_000, silenceStep: 1, longestGapMs: 5_000 });

test("packets that follow each other need nothing between them", () => {
  const timeline = opus();
  for (const timestamp of [1_000, 1_960, 2_920])
    expect(timeline.place(timestamp, 960)).toEqual({ silenceTicks: 0, isJump: false });
  expect([-1024, 0, 1024].map((position) => timeline.timestampAt(position))).toEqual([2 ** 32 - 24, 1_000, 2_024]);
});

test("a gap is filled in whole steps; the rest is made up for later", () => {
  const timeline = opus();
  timeline.place(0, 960);
  expect(timeline.place(960 + 1_000, 960)).toEqual({ silenceTicks: 960, isJump: false });
  expect(timeline.place(2 * 960 + 1_000, 960)).toEqual({ silenceTicks: 0, isJump: false });
  expect(timeline.place(3 * 960 + 1_100, 960)).toEqual({ silenceTicks: 120, isJump: false });
});

test("what is late is left out, a little overlap is not", () => {
  const timeline = opus();
  timeline.place(10_000, 960);
  expect(timeline.place(10_000, 960)).toBeUndefined();
  expect(timeline.place(10_900, 960)).toEqual({ silenceTicks: 0, isJump: false });
  expect(timeline.place(11_920, 960)).toEqual({ silenceTicks: 0, isJump: false });
});

test.each([6_000, -6_000])("a jump of %i ms moves the time of what comes after it", (jumpMs) => {
  const timeline = opus();
  const first = 10_000_000;
  timeline.place(first, 960);
  const jumped = first + 960 + jumpMs * 48;
  expect(timeline.place(jumped, 960)).toEqual({ silenceTicks: 0, isJump: true });
  expect([0, 959, 960, 1_960].map((position) => timeline.timestampAt(position))).toEqual([
    first,
    first + 959,
    jumped,
    jumped + 1_000,
  ]);
});

test("PCMU counts in 8 kHz and comes out in 48 kHz, also across the wrap of the timestamp", () => {
  const timeline = pcmu();
  timeline.place(2 ** 32 - 80, 160);
  expect(timeline.place(80, 160)).toEqual({ silenceTicks: 0, isJump: false });
  expect(timeline.place(340, 160)).toEqual({ silenceTicks: 100, isJump: false });
  expect(timeline.timestampAt(0)).toBe(((2 ** 32 - 80) * 6) % 2 ** 32);
  expect(timeline.timestampAt(480)).toBe(0);
});

test("whatever is lost, what is written keeps its time to within one step", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), (start, kept) => {
      const timeline = opus();
      let written = 0;
      for (const [index, isKept] of [true, ...kept].entries()) {
        if (!isKept) continue;
        const timestamp = (start + index * 960) % 2 ** 32;
        const place = timeline.place(timestamp, 960);
        if (!place || place.isJump) throw new Error("nothing may be dropped here");
        written += place.silenceTicks;
        expect(timeline.timestampAt(written)).toBe(timestamp);
        written += 960;
      }
    }),
    { numRuns: 100 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { type SenderOffset, TrackClock } from "./track-clock.ts";

test("timestamps go on over the wrap, and the map follows the first arrival", () => {
  const clock = new TrackClock(90_000);
  const first = clock.accept(2 ** 32 - 90_000, 1_000);
  const second = clock.accept(90_000, 3_500);
  expect(second - first).toBe(180_000);
  expect(clock.monotonicAt(first)).toBe(1_000);
  expect(clock.monotonicAt(second)).toBe(3_000);
});

test("a late packet keeps its place", () => {
  const clock = new TrackClock(90_000);
  const first = clock.accept(5, 0);
  clock.accept(9_000 + 5, 100);
  expect(clock.accept(4_500 + 5, 101)).toBe(first + 4_500);
});

test("a new source continues the map by arrival, never backwards", () => {
  const clock = new TrackClock(48_000);
  const first = clock.accept(1_000, 0);
  clock.restart();
  expect(clock.accept(77, 2_000) - first).toBe(96_000);
  expect(clock.accept(77 + 960, 2_020) - first).toBe(96_960);
  clock.restart();
  expect(clock.accept(5, 1_000) - first).toBe(96_961);
});

test("timestamps that jump away from their arrivals are a new timeline", () => {
  const clock = new TrackClock(90_000);
  const first = clock.accept(0, 0);
  expect(clock.accept(1_800_000_000, 1_000) - first).toBe(90_000);
  expect(clock.accept(1_800_009_000, 1_100) - first).toBe(99_000);
});

test("sender reports bring two tracks together, by 5 ms a second, without a step", () => {
  const video = new TrackClock(90_000);
  const audio = new TrackClock(48_000);
  const offset: SenderOffset = { ms: undefined };
  const picture = video.accept(0, 1_000);
  // The sound of the same moment came 40 ms later.
  const sound = audio.accept(0, 1_040);
  for (const clock of [video, audio]) clock.senderReport({ timestamp: 0, senderMs: 500_000, offset }, true);
  expect(audio.monotonicAt(sound)).toBe(1_040);
  let before = audio.monotonicAt(sound);
  for (let now = 2_000; now <= 12_000; now += 1_000) {
    video.slew(now);
    audio.slew(now);
    expect(Math.abs(audio.monotonicAt(sound) - before)).toBeLessThanOrEqual(5);
    before = audio.monotonicAt(sound);
  }
  expect(audio.monotonicAt(sound)).toBeCloseTo(video.monotonicAt(picture), 6);
});

test("a track that nobody has seen yet is put right at once", () => {
  const video = new TrackClock(90_000);
  const audio = new TrackClock(48_000);
  const offset: SenderOffset = { ms: undefined };
  const picture = video.accept(0, 1_000);
  const sound = audio.accept(0, 1_200);
  video.senderReport({ timestamp: 0, senderMs: 500_000, offset }, true);
  audio.senderReport({ timestamp: 0, senderMs: 500_000, offset }, false);
  expect([video.monotonicAt(picture), audio.monotonicAt(sound)]).toEqual([1_000, 1_000]);
  audio.slew(9_000);
  expect(audio.monotonicAt(sound)).toBe(1_000);
});

test("tracks whose reports come before their packets begin where their sender has them", () => {
  const video = new TrackClock(90_000);
  const aac = new TrackClock(16_000);
  const opus = new TrackClock(48_000);
  const silent = new TrackClock(8_000);
  const offset: SenderOffset = { ms: undefined };
  aac.senderReport({ timestamp: 1_000, senderMs: 50_000, offset }, false);
  expect(aac.monotonicAt(aac.accept(1_000, 700))).toBe(700);
  // 43 ms later, and around the end of the 32-bit numbers.
  video.senderReport({ timestamp: 4_294_967_000, senderMs: 50_000, offset }, false);
  const picture = video.accept((4_294_967_000 + 43 * 90) % 2 ** 32, 701);
  expect(video.monotonicAt(picture)).toBe(743);
  opus.senderReport({ timestamp: 9_000, senderMs: 50_000, offset }, false);
  expect(opus.monotonicAt(opus.accept(9_000 - 48 * 7, 702))).toBe(693);
  expect(silent.monotonicAt(silent.accept(5, 710))).toBe(710);
  expect(video.accept((4_294_967_000 + 93 * 90) % 2 ** 32, 900) - picture).toBe(4_500);
});

test("a new sender's first packet goes where its report says, also while somebody watches; never backwards", () => {
  const video = new TrackClock(90_000);
  const audio = new TrackClock(48_000);
  const first: SenderOffset = { ms: undefined };
  for (const clock of [video, audio]) clock.senderReport({ timestamp: 0, senderMs: 500_000, offset: first }, false);
  video.accept(0, 1_000);
  const sound = audio.accept(0, 1_200);
  expect(audio.monotonicAt(sound)).toBe(1_000);
  const second: SenderOffset = { ms: undefined };
  for (const clock of [video, audio]) {
    clock.restart();
    clock.senderReport({ timestamp: 77, senderMs: 900_000, offset: second }, true);
  }
  expect(video.monotonicAt(video.accept(77, 5_000))).toBe(5_000);
  expect(audio.monotonicAt(audio.accept(77, 5_200))).toBe(5_000);
  audio.restart();
  audio.senderReport({ timestamp: 0, senderMs: 899_000, offset: second }, true);
  expect(audio.accept(0, 5_300)).toBe(sound + 4_000 * 48 + 1);
});

test("a sender without a wall clock is not believed", () => {
  const clock = new TrackClock(90_000);
  const offset: SenderOffset = { ms: 100 };
  const first = clock.accept(0, 1_000);
  clock.senderReport({ timestamp: 0, senderMs: 99_000, offset }, false);
  clock.slew(60_000);
  expect(clock.monotonicAt(first)).toBe(1_000);
  clock.restart();
  clock.senderReport({ timestamp: 0, senderMs: 99_000, offset }, false);
  expect(clock.monotonicAt(clock.accept(0, 70_000))).toBe(70_000);
});

test("another clock rate continues the same line", () => {
  const opus = new TrackClock(48_000);
  opus.accept(480, 0);
  opus.accept(48_480, 1_000);
  const pcmu = new TrackClock(8_000, opus);
  const next = pcmu.accept(12, 3_000);
  expect(pcmu.monotonicAt(next)).toBeCloseTo(3_000, 6);
  expect(next).toBe(80 + 24_000);
});

test("a steady source is mapped steadily from any start, over restarts", () => {
  const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(uint32, uint32, (start, restart) => {
      const clock = new TrackClock(90_000);
      let last = clock.accept(start, 0) - 3_750;
      for (let frame = 0; frame < 50; frame++) {
        if (frame === 25) clock.restart();
        const base = frame < 25 ? start : restart;
        const extended = clock.accept((base + frame * 3_750) % 2 ** 32, (frame * 1_000) / 24);
        expect(Math.abs(extended - last - 3_750)).toBeLessThanOrEqual(1);
        last = extended;
      }
    }),
  );
});

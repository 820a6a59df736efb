import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { isKeyFrame, KeyFrames } from "./key-frames.ts";

const slice = Buffer.from([0x41, 1, 2]);
const idr = Buffer.from([0x65, 1, 2]);

function make() {
  const clock = new ManualClock();
  const asked: number[] = [];
  const startedAt = clock.monotonic();
  const keyFrames = new KeyFrames({
    clock,
    ask: () => asked.push(clock.monotonic() - startedAt),
    spacingMs: 300,
    repeatMs: 1000,
  });
  return { clock, asked, keyFrames };
}

test("asked at the first packet and each second until one comes, then no more", async () => {
  const { clock, asked, keyFrames } = make();
  await clock.advance(500);
  keyFrames.packet(slice);
  await clock.advance(2_100);
  keyFrames.packet(idr);
  await clock.advance(5_000);
  expect(asked).toEqual([500, 1_500, 2_500]);
  expect(clock.pending).toBe(0);
});

test("a stream that begins with a key frame is not asked for one", async () => {
  const { clock, asked, keyFrames } = make();
  keyFrames.packet(idr);
  await clock.advance(5_000);
  expect(asked).toEqual([]);
});

test("wishes are spaced, those in between are one", async () => {
  const { clock, asked, keyFrames } = make();
  keyFrames.packet(idr);
  for (let wish = 0; wish < 5; wish++) keyFrames.request();
  await clock.advance(100);
  keyFrames.request();
  await clock.advance(5_000);
  expect(asked).toEqual([0, 300]);
});

test("no wish before the first packet, none after the end", async () => {
  const { clock, asked, keyFrames } = make();
  keyFrames.request();
  keyFrames.packet(slice);
  keyFrames[Symbol.dispose]();
  keyFrames.request();
  await clock.advance(5_000);
  expect(asked).toEqual([0]);
});

test.each([
  ["single IDR", [0x65], true],
  ["SPS", [0x67], true],
  ["slice", [0x41], false],
  ["STAP-A with SPS", [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], true],
  ["STAP-A without", [0x78, 0, 2, 0x06, 1, 0, 2, 0x41, 1], false],
  ["FU-A start of IDR", [0x7c, 0x85], true],
  ["FU-A middle of IDR", [0x7c, 0x05], false],
  ["FU-A start of slice", [0x5c, 0x81], false],
  ["nothing", [], false],
  ["STAP-A cut short", [0x78, 0xff], false],
] as const)("%s", (_name, bytes, expected) => {
  expect(isKeyFrame(Buffer.from(bytes))).toBe(expected);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readFrameNumber } from "../../test/support/frame-blocks.ts";
import { defaultCacheDirectory } from "./cached-file.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { readStamp } from "./frame-sei.ts";
import { keyFrameStep, loopFrames } from "./live-format.ts";
import { toByteStream } from "./nal-units.ts";
import { VideoFeed } from "./video-feed.ts";
import { loadVideoLoop, type VideoLoop } from "./video-loop.ts";

const cacheDirectory = defaultCacheDirectory;
let loop: VideoLoop;
beforeAll(async () => {
  loop = await loadVideoLoop("h264", { cacheDirectory });
});

/** Decodes with FFmpeg, which fails the test if it finds any fault, and reads the number of each picture. */
async function decodedNumbers(stream: Buffer, format: "h264" | "hevc"): Promise<(number | undefined)[]> {
  const [width, height] = [480, 270];
  const directory = await mkdtemp(join(tmpdir(), "belfry-loop-"));
  try {
    const path = join(directory, `stream.${format}`);
    await writeFile(path, stream);
    const pixels = await runFfmpeg({
      arguments: [
        ...["-xerror", "-err_detect", "explode", "-f", format, "-i", path, "-vf", `scale=${width}:${height}`],
        ...["-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"],
      ],
    });
    const frameBytes = width * height;
    return Array.from({ length: pixels.length / frameBytes }, (_, index) =>
      readFrameNumber({ data: pixels.subarray(index * frameBytes, (index + 1) * frameBytes), width, height }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** FFmpeg conceals a reference to the wrong picture without a word, so the variants are compared too. */
function variantOf(picture: { frame: number; units: readonly Buffer[] } | undefined): number {
  return loop.variants.findIndex(
    ({ slices }) => picture && slices[picture.frame % loopFrames] === picture.units.at(-1),
  );
}

function collect(
  feed: VideoFeed,
  firstFrame: number,
  frames: number,
  before: (frame: number) => void = () => undefined,
) {
  const pictures = [];
  for (let frame = firstFrame; frame < firstFrame + frames; frame++) {
    before(frame);
    const picture = feed.next(frame, 1_700_000_000_000);
    if (picture) pictures.push({ frame, ...picture });
  }
  return pictures;
}

test("switches at random frames, over the end of the loop, decode without a fault and without a gap", async () => {
  const feed = new VideoFeed(loop);
  const asked: number[] = [];
  const pictures = collect(feed, 1234, 350, (frame) => {
    if (Math.random() > 0.08) return;
    feed.requestKeyFrame();
    asked.push(frame);
  });
  const stream = toByteStream(pictures.flatMap((picture) => picture.units));
  const context = `key frames were asked for at ${asked}`;
  expect(await decodedNumbers(stream, "h264"), context).toEqual(pictures.map(({ frame }) => frame % loopFrames));
  expect(pictures[0]?.frame, context).toBeLessThanOrEqual(1234 + keyFrameStep);
  expect(
    pictures.filter((picture, index) => !picture.isKeyFrame && variantOf(picture) !== variantOf(pictures[index - 1])),
    `${context}; no picture may refer to one of another variant`,
  ).toEqual([]);
});

test("a key frame comes within the step after it was asked for, and else once per loop", () => {
  const feed = new VideoFeed(loop);
  const keyFrames = collect(feed, 0, 1000, (frame) => {
    if (frame === 333) feed.requestKeyFrame();
  })
    .filter((picture) => picture.isKeyFrame)
    .map((picture) => picture.frame);
  expect(keyFrames).toEqual([0, 100, 200, 300, 335, 435, 535, 635, 735, 835, 935]);
});

test("after a frame was left out nothing is sent before the next key frame", () => {
  const feed = new VideoFeed(loop);
  collect(feed, 0, 10);
  const pictures = collect(feed, 12, 8);
  expect(pictures[0]).toMatchObject({ frame: 15, isKeyFrame: true });
});

test("without key frames there is neither a key frame nor a parameter set", () => {
  const feed = new VideoFeed(loop, { withoutKeyFrames: true });
  const pictures = collect(feed, 0, 250);
  expect(pictures).toHaveLength(250);
  expect(new Set(pictures.flatMap(({ units }) => units.map((unit) => (unit[0] ?? 0) & 31)))).toEqual(new Set([1, 6]));
});

test("every picture carries a stamp with its frame since the start and the time of sending", () => {
  const feed = new VideoFeed(loop);
  const stamps = collect(feed, 5_000_000, 3).map(({ units }) => readStamp(toByteStream(units)));
  expect(stamps).toEqual([0, 1, 2].map((n) => ({ frame: 5_000_000 + n, sentAtMs: 1_700_000_000_000 })));
  expect(readStamp(loop.variants[0]?.slices[0] ?? Buffer.alloc(0))).toBeUndefined();
});

test("the stream is H.264 High of 1920x1080 at about 2 Mbit/s", () => {
  const profile = loop.parameterSets.map((unit) => unit.subarray(0, 4).toString("hex"));
  expect(profile[0]).toMatch(/^6764..28$/);
  for (const variant of loop.variants) {
    const bytes = variant.slices.reduce((sum, slice) => sum + slice.length, 0);
    expect((bytes * 8) / 5 / 1e6).toBeGreaterThan(1.6);
    expect((bytes * 8) / 5 / 1e6).toBeLessThan(2.4);
    expect(variant.keyFrames).toHaveLength(1);
  }
});

test("the H.265 loop decodes without a fault", async () => {
  const feed = new VideoFeed(await loadVideoLoop("h265", { cacheDirectory }));
  const pictures = collect(feed, 97, 20);
  expect(pictures[0]?.frame).toBe(100);
  const stream = toByteStream(pictures.flatMap((picture) => picture.units));
  expect(await decodedNumbers(stream, "hevc")).toEqual(pictures.map(({ frame }) => frame % loopFrames));
});

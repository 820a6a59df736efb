import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFrameNumber } from "../../test/support/frame-blocks.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { recordingFile } from "./recording.ts";

let cacheDirectory: string;
beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), "belfry-recording-"));
});
afterEach(() => rm(cacheDirectory, { recursive: true, force: true }));

/** Numbers of all frames, read from pictures of 640x360. */
async function frameNumbers(path: string): Promise<(number | undefined)[]> {
  const [width, height] = [640, 360];
  const pixels = await runFfmpeg({
    arguments: ["-i", path, "-vf", `scale=${width}:${height}`, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"],
  });
  const frameBytes = width * height;
  return Array.from({ length: pixels.length / frameBytes }, (_, index) =>
    readFrameNumber({ data: pixels.subarray(index * frameBytes, (index + 1) * frameBytes), width, height }),
  );
}

test("a recording has all its frames, numbered, and a sound as long", async () => {
  const path = await recordingFile({ cacheDirectory, seconds: 2, label: "Front Door", startNumber: 1_000_000 });
  expect(await frameNumbers(path)).toEqual(Array.from({ length: 40 }, (_, index) => 1_000_000 + index));
  const sound = await runFfmpeg({
    arguments: ["-i", path, "-vn", "-f", "s16le", "-ac", "1", "-ar", "48000", "pipe:1"],
  });
  expect(sound.length / 2 / 48_000).toBeGreaterThan(1.95);
  const loudest = (from: number, to: number) => {
    let level = 0;
    for (let sample = from; sample < to; sample++) level = Math.max(level, Math.abs(sound.readInt16LE(sample * 2)));
    return level;
  };
  expect(loudest(48_500, 52_000), "beep at one second").toBeGreaterThan(5000);
  expect(loudest(60_000, 90_000), "between the beeps").toBeLessThan(1000);
});

test("the same recording is made once, also when asked for twice at a time, and leaves nothing else behind", async () => {
  const options = { cacheDirectory, seconds: 1, label: "Yard", startNumber: 0 };
  const [first, second] = await Promise.all([recordingFile(options), recordingFile(options)]);
  expect(second).toBe(first);
  const made = (await stat(first)).mtimeMs;
  expect((await stat(await recordingFile(options))).mtimeMs).toBe(made);
  expect(await readdir(cacheDirectory)).toHaveLength(1);
});

test("another label is another recording", async () => {
  const options = { cacheDirectory, seconds: 1, startNumber: 0 };
  expect(await recordingFile({ ...options, label: "A" })).not.toBe(await recordingFile({ ...options, label: "B" }));
});

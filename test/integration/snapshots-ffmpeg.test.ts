import { readFile } from "node:fs/promises";
import jpeg from "jpeg-js";
import { expect, test as plainTest } from "vitest";
import { findExecutable } from "../../src/foundation/child-process.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { createFirstFrameJpeg } from "../../src/media/ffmpeg/first-frame-jpeg.ts";
import { createKeyFrameJpeg } from "../../src/media/ffmpeg/key-frame-jpeg.ts";
import { temporaryDirectory } from "../support/belfry-process.ts";
import { runProgram } from "../support/run-program.ts";

const test = plainTest.skipIf(!findExecutable("ffmpeg"));
const never = new AbortController().signal;
const options = { ffmpegPath: "ffmpeg", instance: "test", clock: systemClock, signal: never };

async function makeVideo(output: string, args: readonly string[]): Promise<void> {
  const source = ["-f", "lavfi", "-i", "color=red:size=320x180:rate=10:duration=1"];
  const run = await runProgram("ffmpeg", ["-hide_banner", "-loglevel", "error", ...source, ...args, "-y", output]);
  expect(run.stderr).toBe("");
}

function expectRed(picture: Buffer): void {
  const { width, height, data } = jpeg.decode(picture, { useTArray: true });
  expect([width, height]).toEqual([320, 180]);
  const [red = 0, green = 255, blue = 255] = data.subarray((90 * 320 + 160) * 4);
  expect(red).toBeGreaterThan(230);
  expect(Math.max(green, blue)).toBeLessThan(30);
}

test("a key frame becomes a JPEG of the same size and colours", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/frame.h264`;
  await makeVideo(path, ["-frames:v", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "h264"]);
  expectRed(await createKeyFrameJpeg(options)(await readFile(path), never));
});

test("what is no key frame, and an FFmpeg that is not there, are said as such", async () => {
  const damaged = createKeyFrameJpeg(options)(Buffer.from("this is no video"), never);
  await expect(damaged).rejects.toMatchObject({ code: "ffmpeg.picture" });
  const missing = createKeyFrameJpeg({ ...options, ffmpegPath: "no-such-ffmpeg" })(Buffer.alloc(1), never);
  await expect(missing).rejects.toMatchObject({ code: "ffmpeg.missing" });
});

test("the first frame of a file that is still on its way becomes a JPEG", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/film.mp4`;
  await makeVideo(path, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]);
  const bytes = await readFile(path);
  const file = {
    size: Promise.resolve(bytes.length),
    read: async (offset: number, most: number) => bytes.subarray(offset, offset + Math.min(most, 4_096)),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const { logger } = recordingLogger();
  expectRed(await createFirstFrameJpeg({ ...options, logger })(async () => file, never));
});

test("an abort ends FFmpeg while it waits for more, and the file is closed", async () => {
  const controller = new AbortController();
  const [started, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const file = {
    size: Promise.resolve(1_000_000),
    read: async (_offset: number, _most: number, signal: AbortSignal) => {
      started.resolve();
      return await new Promise<Buffer>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    },
    [Symbol.asyncDispose]: async () => closed.resolve(),
  };
  const firstFrame = createFirstFrameJpeg({ ...options, logger: recordingLogger().logger });
  const picture = firstFrame(async () => file, controller.signal);
  await started.promise;
  controller.abort(new Error("enough"));
  await expect(picture).rejects.toThrow("enough");
  await closed.promise;
});

import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { recordingLogger } from "../../foundation/logger.fake.ts";
import { createFirstFrameJpeg } from "./first-frame-jpeg.ts";
import type { ServedFile } from "./served-file.ts";

const never = new AbortController().signal;

test("a file is opened only when its turn has come", async () => {
  const clock = new ManualClock();
  const { logger } = recordingLogger();
  const firstFrame = createFirstFrameJpeg({ ffmpegPath: "ffmpeg", instance: "test", clock, logger, signal: never });
  const opened: PromiseWithResolvers<ServedFile & AsyncDisposable>[] = [];
  const open = () => {
    const file = Promise.withResolvers<ServedFile & AsyncDisposable>();
    opened.push(file);
    return file.promise;
  };
  const pictures = [1, 2, 3].map(() => firstFrame(open, never).catch((error: Error) => error.message));
  await clock.advance(0);
  expect(opened).toHaveLength(2);
  opened[0]?.reject(new Error("gone at Ring"));
  await clock.advance(0);
  expect(opened).toHaveLength(3);
  for (const file of opened) file.reject(new Error("gone at Ring"));
  expect(await Promise.all(pictures)).toEqual(["gone at Ring", "gone at Ring", "gone at Ring"]);
});

// A JPEG of one H.264 key frame.
import { Turns } from "../../foundation/turns.ts";
import { type JpegChildOptions, makeJpeg } from "./jpeg-child.ts";

const limitMs = 10_000;
const args = ["-protocol_whitelist", "pipe", "-f", "h264", "-i", "pipe:0"];

/**
 * `annexB`: the key frame with its parameter sets. One after the other: cameras whose streams began together want their pictures
 * in the same second, and thirty FFmpegs at once cost the streams packets. Rejects as `makeJpeg` does.
 */
export function createKeyFrameJpeg(
  options: JpegChildOptions,
): (annexB: Buffer, signal: AbortSignal) => Promise<Buffer> {
  const turns = new Turns(1);
  return async (annexB, signal) =>
    await turns.run(() => makeJpeg({ args, bytes: annexB, limitMs }, options, signal), signal);
}

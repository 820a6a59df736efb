// A JPEG of one H.264 key frame.
import { type JpegChildOptions, makeJpeg } from "./jpeg-child.ts";

const limitMs = 10_000;
const args = ["-protocol_whitelist", "pipe", "-f", "h264", "-i", "pipe:0"];

/** `annexB`: the key frame with its parameter sets. Rejects as `makeJpeg` does. */
export function createKeyFrameJpeg(
  options: JpegChildOptions,
): (annexB: Buffer, signal: AbortSignal) => Promise<Buffer> {
  return async (annexB, signal) => await makeJpeg({ args, bytes: annexB, limitMs }, options, signal);
}

// A JPEG of the first frame of a video file that may still be on its way.
import type { Logger } from "../../foundation/logger.ts";
import { type JpegChildOptions, makeJpeg } from "./jpeg-child.ts";
import { LoopbackFileServer } from "./loopback-file-server.ts";
import type { ServedFile } from "./served-file.ts";

export interface FirstFrameJpegOptions extends JpegChildOptions {
  readonly logger: Logger;
}

const limitMs = 30_000;

/** Rejects as `makeJpeg` does. */
export function createFirstFrameJpeg(
  options: FirstFrameJpegOptions,
): (file: ServedFile, signal: AbortSignal) => Promise<Buffer> {
  return async (file, signal) => {
    await using server = await LoopbackFileServer.start(file, options.logger, signal);
    const args = ["-protocol_whitelist", "http,tcp", "-i", server.url];
    return await makeJpeg({ args, limitMs }, options, signal);
  };
}

// A JPEG of the first frame of a video file that may still be on its way.
import type { Logger } from "../../foundation/logger.ts";
import { Turns } from "../../foundation/turns.ts";
import { type JpegChildOptions, makeJpeg } from "./jpeg-child.ts";
import { LoopbackFileServer } from "./loopback-file-server.ts";
import type { ServedFile } from "./served-file.ts";

export interface FirstFrameJpegOptions extends JpegChildOptions {
  readonly logger: Logger;
}

const limitMs = 30_000;
/** One that is slow to come does not hold up the next. */
const mostAtATime = 2;

/** Closed when the picture is made. */
type OpenFile = () => Promise<ServedFile & AsyncDisposable>;

/** A file is opened when its turn has come. Rejects as `open` and `makeJpeg` do. */
export function createFirstFrameJpeg(
  options: FirstFrameJpegOptions,
): (open: OpenFile, signal: AbortSignal) => Promise<Buffer> {
  const turns = new Turns(mostAtATime);
  const picture = async (open: OpenFile, signal: AbortSignal): Promise<Buffer> => {
    await using file = await open();
    await using server = await LoopbackFileServer.start(file, options.logger, signal);
    const args = ["-protocol_whitelist", "http,tcp", "-i", server.url];
    return await makeJpeg({ args, limitMs }, options, signal);
  };
  return async (open, signal) => await turns.run(() => picture(open, signal), signal);
}

// A taken port is no reason to stay away: the next free one is used, and said.
import { errorCode } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";

const portsToTry = 20;

/** Listens on `wanted` or the next free port. `takenCode` is the error code of a taken one; other errors are thrown. */
export async function listenOnNextFreePort<T>(
  wanted: number,
  takenCode: string,
  logger: Logger,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  for (let port = wanted; ; port++) {
    try {
      const server = await listen(port);
      if (port !== wanted)
        logger.warn(`RTSP port ${wanted} is taken; streams are on port ${port}, set rtsp_port to choose another`);
      return server;
    } catch (error) {
      if (errorCode(error) !== takenCode || port >= wanted + portsToTry || port >= 65_535) throw error;
    }
  }
}

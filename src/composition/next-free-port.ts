// A taken port is no reason to stay away: the next free one is used, and said.
import { errorCode } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";

const portsToTry = 20;

export interface WantedPort {
  readonly port: number;
  /** The error code of a taken one. */
  readonly takenCode: string;
  /** `RTSP port` */
  readonly name: string;
  /** `streams are` */
  readonly whatIs: string;
  readonly setting: string;
}

/** Listens on the wanted or the next free port. Errors other than `takenCode` are thrown. */
export async function listenOnNextFreePort<T>(
  { port: wanted, takenCode, name, whatIs, setting }: WantedPort,
  logger: Logger,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  for (let port = wanted; ; port++) {
    try {
      const server = await listen(port);
      if (port !== wanted) {
        logger.warn(`${name} ${wanted} is taken; ${whatIs} on port ${port}, set ${setting} to choose another`);
      }
      return server;
    } catch (error) {
      if (errorCode(error) !== takenCode || port >= wanted + portsToTry || port >= 65_535) throw error;
    }
  }
}

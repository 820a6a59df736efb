// Under which name and port players reach the RTSP server, as far as the house around us decides that.
import { hostname } from "node:os";
import { errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Supervisor } from "../home-assistant/supervisor.ts";
import { ownAddress } from "./own-address.ts";

export interface StreamHost {
  readonly host: string;
  /** The port of the host that the owner has opened for our RTSP port. */
  readonly openedPort: number | undefined;
}

/** In an app, the name that it has in Home Assistant's network; elsewhere our address on the network. */
export async function findStreamHost(
  supervisor: Pick<Supervisor, "ownApp"> | undefined,
  rtspPort: number,
  logger: Logger,
  signal: AbortSignal,
): Promise<StreamHost> {
  if (!supervisor) return { host: ownAddress(), openedPort: undefined };
  try {
    const own = await supervisor.ownApp(signal);
    return { host: own.hostname, openedPort: own.openedPorts.get(`${rtspPort}/tcp`) };
  } catch (error) {
    // The Supervisor gives the container the same name.
    const host = hostname();
    if (!signal.aborted) logger.warn(`the stream addresses show our own host name ${host}: ${errorText(error)}`);
    return { host, openedPort: undefined };
  }
}

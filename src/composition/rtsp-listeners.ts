// The RTSP server that players use, on the port of the settings and, as an app, on the one that the owner has opened for it.
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import { errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Teardown } from "../foundation/teardown.ts";
import type { StreamHub } from "../media/hub/stream-hub.ts";
import { RtspServer } from "../media/servers/rtsp/rtsp-server.ts";
import { listenOnNextFreePort } from "./next-free-port.ts";

export interface RtspListenersOptions {
  readonly settings: Settings;
  readonly streams: StreamHub;
  /** Of the host, which leads to our RTSP port. */
  readonly openedPort: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface RtspPorts {
  readonly port: number;
  /** The one for stream addresses. */
  readonly shownPort: number;
}

/** How to end them is added to the teardown. */
export async function listenRtsp(options: RtspListenersOptions, teardown: Teardown): Promise<RtspPorts> {
  const { settings, logger } = options;
  const wanted = {
    port: settings.rtsp_port,
    takenCode: "rtsp.port-taken",
    name: "RTSP port",
    whatIs: "streams are",
    setting: "rtsp_port",
  };
  const server = await listenOnNextFreePort(wanted, logger, (port) => listen(options, port));
  teardown.add("the RTSP server", () => server[Symbol.asyncDispose]());
  const opened = await listenOnOpenedPort(options, server.port);
  if (opened) teardown.add("the RTSP server of the opened port", () => opened[Symbol.asyncDispose]());
  return { port: server.port, shownPort: opened?.port ?? server.port };
}

/**
 * Beyond the host's network an opened port has the host's number, in Home Assistant's network it has ours. Served under both
 * numbers, one stream address (but for the host name) is right everywhere.
 */
async function listenOnOpenedPort(options: RtspListenersOptions, ownPort: number): Promise<RtspServer | undefined> {
  const { openedPort, logger } = options;
  if (openedPort === undefined || openedPort === ownPort) return undefined;
  try {
    return await listen(options, openedPort);
  } catch (error) {
    logger.warn(`the stream addresses show port ${ownPort} and not the opened port ${openedPort}: ${errorText(error)}`);
    return undefined;
  }
}

function listen({ settings, streams, clock, logger, signal }: RtspListenersOptions, port: number): Promise<RtspServer> {
  const { rtsp_bind: host, rtsp_udp: udp, livestream_user: username, livestream_pass: password } = settings;
  const credentials = username && password ? { username, password } : undefined;
  return RtspServer.listen({ host, port, udp, streams, credentials, serverName: "Belfry" }, { clock, logger, signal });
}

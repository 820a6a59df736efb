// The RTSP server that players use, on the port of the settings and, as an app, on the one that the owner has opened for it.
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Teardown } from "../foundation/teardown.ts";
import type { StreamHub } from "../media/hub/stream-hub.ts";
import { RtspServer } from "../media/servers/rtsp/rtsp-server.ts";
import { listenOnNextFreePort } from "./next-free-port.ts";
import type { StreamHost } from "./stream-host.ts";

export interface RtspListenersOptions {
  readonly settings: Settings;
  readonly streams: StreamHub;
  /** Knows the port of the host that leads to our RTSP port, maybe only later. */
  readonly host: Pick<StreamHost, "openedPort" | "changed">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface RtspListeners {
  readonly port: number;
  /** The one for stream addresses. */
  readonly shownPort: number;
  /** `shownPort` is another one now. */
  readonly changed: Subscribable<void>;
}

/** How to end them is added to the teardown. */
export async function listenRtsp(options: RtspListenersOptions, teardown: Teardown): Promise<RtspListeners> {
  const { settings, host, logger } = options;
  const wanted = {
    port: settings.rtsp_port,
    takenCode: "rtsp.port-taken",
    name: "RTSP port",
    whatIs: "streams are",
    setting: "rtsp_port",
  };
  const server = await listenOnNextFreePort(wanted, logger, (port) => listen(options, port));
  teardown.add("the RTSP server", () => server[Symbol.asyncDispose]());
  const changed = new Emitter<void>((error) => logger.error("a new RTSP port could not be shown", error));
  let opened = await listenOnOpenedPort(options, server.port);
  teardown.add("the RTSP server of the opened port", () => opened?.[Symbol.asyncDispose]());
  host.changed.subscribe(async () => {
    opened ??= await listenOnOpenedPort(options, server.port);
    changed.emit();
  });
  return {
    port: server.port,
    get shownPort() {
      return opened?.port ?? server.port;
    },
    changed,
  };
}

/**
 * Beyond the host's network an opened port has the host's number, in Home Assistant's network it has ours. Served under both
 * numbers, one stream address (but for the host name) is right everywhere.
 */
async function listenOnOpenedPort(options: RtspListenersOptions, ownPort: number): Promise<RtspServer | undefined> {
  const { settings, host, logger } = options;
  const openedPort = host.openedPort(settings.rtsp_port);
  if (openedPort === undefined || openedPort === ownPort) return undefined;
  const kept = `the stream addresses show port ${ownPort} and not the opened port ${openedPort}`;
  if (openedPort === settings.web_port) {
    logger.warn(`${kept}, which is the page's in here: open another one for RTSP`);
    return undefined;
  }
  try {
    return await listen(options, openedPort);
  } catch (error) {
    if (!options.signal.aborted) logger.warn(kept, error);
    return undefined;
  }
}

function listen({ settings, streams, clock, logger, signal }: RtspListenersOptions, port: number): Promise<RtspServer> {
  const { rtsp_bind: host, rtsp_udp: udp, livestream_user: username, livestream_pass: password } = settings;
  const credentials = username && password ? { username, password } : undefined;
  return RtspServer.listen({ host, port, udp, streams, credentials, serverName: "Belfry" }, { clock, logger, signal });
}

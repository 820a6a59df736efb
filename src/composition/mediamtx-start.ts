// MediaMTX as stream engine: found, given its control channel and the feeds of our streams, and started.
import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../config/schema.ts";
import { findExecutable } from "../foundation/child-process.ts";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Redactor } from "../foundation/redact.ts";
import type { Teardown } from "../foundation/teardown.ts";
import type { Login } from "../media/engines/mediamtx/auth-users.ts";
import type { CarriageTools } from "../media/engines/mediamtx/carriage.ts";
import type { ControlBroker } from "../media/engines/mediamtx/control-channel.ts";
import { Feeds } from "../media/engines/mediamtx/feeds.ts";
import { MediamtxEngine } from "../media/engines/mediamtx/mediamtx-engine.ts";
import { StreamPublisher } from "../media/ffmpeg/publish-stream.ts";
import type { StreamHub } from "../media/hub/stream-hub.ts";
import { RtspServer } from "../media/servers/rtsp/rtsp-server.ts";
import { EmbeddedBroker } from "../mqtt/embedded-broker.ts";
import { mediamtxDirectory, obtainMediamtx } from "./mediamtx-program.ts";
import { OpenedPorts, type PortPair } from "./opened-ports.ts";
import type { ShownPorts, StreamEngine } from "./stream-engine.ts";
import type { StreamHost } from "./stream-host.ts";

export interface MediamtxStartOptions {
  readonly settings: Settings;
  readonly streams: StreamHub;
  /** Knows the ports of the host that lead to ours, maybe only later. */
  readonly host: Pick<StreamHost, "openedPort" | "changed">;
  readonly dataDirectory: string;
  /** Id of the data directory. */
  readonly instance: string;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts the start. */
  readonly starting: AbortSignal;
  readonly signal: AbortSignal;
}

/** Beside the sources and beside the compiled code alike. */
const script = fileURLToPath(new URL("../../scripts/stream-on-demand.sh", import.meta.url));
const loopback = "127.0.0.1";

/** Rejects with an AppError that says what is missing. What was started by then is in the teardown. */
export async function startMediamtx(options: MediamtxStartOptions, teardown: Teardown): Promise<StreamEngine> {
  const { settings, streams, dataDirectory, instance, clock, starting, signal } = options;
  const logger = options.logger.child("mediamtx");
  const found = await obtainMediamtx({ ...options, logger, signal: starting });
  assertProgram("mosquitto_pub", "mosquitto-clients");
  assertProgram("mosquitto_sub", "mosquitto-clients");
  assertProgram("ffmpeg", "ffmpeg");
  const login = loginOf(settings);
  const broker = await openControlBroker(options, teardown);
  const tools = await openFeeds(options, teardown);
  const engine = await MediamtxEngine.start(
    {
      ...found,
      directory: join(mediamtxDirectory(dataDirectory), "run"),
      script,
      host: await addressOf(settings.rtsp_bind),
      ports: {
        rtsp: settings.rtsp_port,
        hasUdp: settings.rtsp_udp,
        rtsps: settings.rtsps ? settings.rtsps_port : undefined,
        hls: settings.ll_hls ? settings.hls_port : undefined,
        whep: settings.whep ? settings.whep_port : undefined,
      },
      login,
      certificate: certificateOf(settings),
      origins: originsOf(settings),
      otherHosts: isIP(settings.stream_host) > 0 ? [settings.stream_host] : [],
      streams,
      broker,
      tools,
      instance,
    },
    { clock, logger, signal },
    starting,
  );
  teardown.add("MediaMTX", () => engine[Symbol.asyncDispose]());
  const opened = await leadOpenedPorts(engine, { ...options, logger }, teardown);
  return {
    name: "MediaMTX",
    get state() {
      const { isHealthy, reason, ports } = engine.status;
      return { isHealthy, reason, rtspPort: ports.rtsp, shown: opened.shown(ports) };
    },
    unmet: undefined,
    changed: opened.changed,
  };
}

/** MediaMTX lets publish by address, and knows no names there. Nothing means everywhere. */
async function addressOf(host: string): Promise<string> {
  if (host === "") return "0.0.0.0";
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new PermanentError("rtsp.listen", `no address is known of ${host}; correct rtsp_bind`, { cause });
  }
}

type OwnPorts = MediamtxEngine["status"]["ports"];

/** MediaMTX has one number for each of its ports; `changed` comes when health or what is shown is another one. */
async function leadOpenedPorts(
  engine: MediamtxEngine,
  { settings, host, logger }: MediamtxStartOptions,
  teardown: Teardown,
): Promise<{ shown(ports: OwnPorts): ShownPorts; readonly changed: Subscribable<void> }> {
  const opened = new OpenedPorts({ bind: settings.rtsp_bind, pagePort: settings.web_port, logger });
  teardown.add("the opened ports of MediaMTX", () => opened[Symbol.asyncDispose]());
  const changed = new Emitter<void>((error) => logger.error("other ports of MediaMTX could not be shown", error));
  const lead = async (): Promise<void> => {
    const { rtsp, rtsps, hls, whep } = engine.status.ports;
    const pair = (own: number | undefined, setting: number): PortPair[] =>
      own === undefined ? [] : [{ own, opened: host.openedPort(setting) }];
    await opened.lead([
      ...pair(rtsp, settings.rtsp_port),
      ...pair(rtsps, settings.rtsps_port),
      ...pair(hls, settings.hls_port),
      ...pair(whep, settings.whep_port),
    ]);
  };
  const follow = async (): Promise<void> => {
    await lead();
    changed.emit();
  };
  engine.changed.subscribe(follow);
  host.changed.subscribe(follow);
  await lead();
  const shown = (own: number | undefined): number | undefined => (own === undefined ? undefined : opened.shown(own));
  return {
    shown: ({ rtsp, rtsps, hls, whep }) => ({
      rtsp: opened.shown(rtsp),
      ...{ rtsps: shown(rtsps), hls: shown(hls), whep: shown(whep) },
    }),
    changed,
  };
}

function assertProgram(name: string, packageName: string): void {
  if (findExecutable(name)) return;
  throw new PermanentError("mediamtx.missing-tool", `MediaMTX as stream engine needs ${name}: install ${packageName}`);
}

function loginOf({ livestream_user: username, livestream_pass: password }: Settings): Login | undefined {
  if (!username || !password) return undefined;
  if (!username.includes(":") && !password.includes(":")) return { username, password };
  throw new PermanentError(
    "mediamtx.login",
    "MediaMTX cannot take a stream user or password with a colon: choose another one, or set stream_engine to builtin",
  );
}

function originsOf({ stream_origins: origins }: Settings): readonly string[] {
  const wrong = origins.find((origin) => origin !== "*" && !/^https?:\/\/[^/\s]+$/.test(origin));
  if (wrong === undefined) return origins;
  throw new PermanentError(
    "mediamtx.origin",
    `stream_origins has ${wrong}, which is no origin: write it as http://host:port, without a path`,
  );
}

/** RTSPS needs both files; MediaMTX says itself what is wrong with them. */
function certificateOf({ rtsps, rtsps_cert: file, rtsps_key: keyFile }: Settings) {
  if (!rtsps) return undefined;
  if (file && keyFile) return { file, keyFile };
  throw new PermanentError(
    "mediamtx.certificate",
    "RTSPS needs a certificate: set rtsps_cert and rtsps_key, or switch rtsps off",
  );
}

/** For the on-demand scripts alone: on loopback, with a credential for this run. */
async function openControlBroker({ redactor }: MediamtxStartOptions, teardown: Teardown): Promise<ControlBroker> {
  const credential = { username: "belfry", password: randomBytes(24).toString("hex") };
  redactor.addSecret(credential.password);
  const broker = await EmbeddedBroker.open({ credential });
  teardown.add("the control channel of MediaMTX", () => broker.close());
  return {
    host: loopback,
    port: broker.port,
    ...credential,
    publishRetained: (topic, payload) => broker.publish(topic, payload, { retain: true }),
    subscribe: (filter, listener) => broker.subscribe(filter, listener),
  };
}

/** Nobody can guess the path of a feed, and each serves once: that is its credential, and it may stand in FFmpeg's arguments. */
async function openFeeds(options: MediamtxStartOptions, teardown: Teardown): Promise<CarriageTools> {
  const { instance, clock, signal } = options;
  const logger = options.logger.child("feeds");
  const feeds = new Feeds();
  const where = { host: loopback, port: 0, udp: false, serverName: "Belfry" };
  // Who watches is said of the readers at MediaMTX, not of the FFmpeg in between.
  const quiet = { ...logger, info: logger.debug };
  const server = await RtspServer.listen({ ...where, streams: feeds }, { clock, logger: quiet, signal });
  teardown.add("the feeds of MediaMTX", () => server[Symbol.asyncDispose]());
  return {
    publisher: new StreamPublisher({ ffmpegPath: "ffmpeg", instance, clock, logger }),
    feeds,
    feedUrl: (path) => `rtsp://${loopback}:${server.port}/${path}`,
  };
}

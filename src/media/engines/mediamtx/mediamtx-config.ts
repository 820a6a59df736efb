// The configuration of one run of MediaMTX: what we use of it is on, all else is off.
import { controllingUser, type Login, publishingUser, type Reading } from "./auth-users.ts";

/** TCP ports, but where it says UDP. */
export interface MediamtxPorts {
  readonly rtsp: number;
  /** UDP, even; the next one is for RTCP. Undefined: readers use TCP. */
  readonly rtp?: number | undefined;
  readonly api: number;
  readonly metrics: number;
  readonly rtsps?: number | undefined;
  /** UDP, even; the next one is for SRTCP. */
  readonly srtp?: number | undefined;
  readonly hls?: number | undefined;
  readonly whep?: number | undefined;
  /** UDP. */
  readonly ice?: number | undefined;
}

export interface MediamtxConfigOptions {
  /** Where readers come in. */
  readonly host: string;
  readonly ports: MediamtxPorts;
  readonly reading: Reading;
  /** Ours, for this run: at the API, and where streams are published. */
  readonly control: Login;
  readonly publishing: Login;
  /** PEM files; with `ports.rtsps`. */
  readonly certificate?: { readonly file: string; readonly keyFile: string } | undefined;
  /** Of web pages whose players may have what HLS and WHEP answer. */
  readonly origins: readonly string[];
  /** Names or addresses of this machine that its own interfaces do not tell. */
  readonly otherHosts: readonly string[];
}

export type MediamtxConfig = Readonly<Record<string, unknown>>;

/** Longer than the longest start of a camera: what fails is ended by us, not by this. */
const startTimeout = "60s";
/** A camera's call that breaks is made again in less: its readers stay. MediaMTX lets go of a publisher that is silent for longer. */
const readTimeout = "30s";
/** Battery cameras shall sleep soon after the last HLS viewer; shorter, and a browser that is busy would lose its stream. */
const hlsMuxerCloseAfter = "10s";
/** A call is held a grace time longer anyhow. */
export const closeAfterMs = 1_000;

/** To be written as JSON, which MediaMTX reads as the YAML that it is. A key that it does not know keeps it from starting. */
export function mediamtxConfig(options: MediamtxConfigOptions): MediamtxConfig {
  const { host, ports, reading, control, publishing } = options;
  return {
    logLevel: "info",
    logDestinations: ["stdout"],
    logStructured: true,
    authMethod: "internal",
    authInternalUsers: [controllingUser(control), publishingUser(publishing, ownAddress(host)), reading.user],
    api: true,
    apiAddress: `127.0.0.1:${ports.api}`,
    apiAllowOrigins: [],
    metrics: true,
    metricsAddress: `127.0.0.1:${ports.metrics}`,
    metricsAllowOrigins: [],
    pprof: false,
    playback: false,
    rtmp: false,
    srt: false,
    moq: false,
    readTimeout,
    ...rtspPart(options),
    ...hlsPart(options),
    ...whepPart(options),
    pathDefaults: { overridePublisher: false },
    // What is not ours is answered with 404.
    paths: { all_others: {} },
  };
}

/** Where we ourselves reach what listens for readers: on loopback, unless it listens on one address alone. */
export function ownAddress(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

/** A stream that is there on demand. `generation`: another one makes MediaMTX end the path and begin it anew. */
export function onDemandPath(generation: number): MediamtxConfig {
  return {
    overridePublisher: false,
    // As FFmpeg reports it, and not as packets come: so sound and picture stay together.
    useAbsoluteTimestamp: true,
    // The variable is put in after the command was split, so no path needs quoting.
    runOnDemand: '/bin/sh "$BELFRY_DEMAND_SCRIPT"',
    runOnDemandRestart: false,
    runOnDemandStartTimeout: startTimeout,
    runOnDemandCloseAfter: `${closeAfterMs + (generation % 2)}ms`,
  };
}

/** A stream that nobody may start: answered with 404 at once. */
export const closedPath: MediamtxConfig = { overridePublisher: false };

function rtspPart({ host, ports, reading, certificate }: MediamtxConfigOptions): MediamtxConfig {
  const { rtp, srtp, rtsps } = ports;
  const isEncrypted = rtsps !== undefined && certificate !== undefined;
  return {
    rtsp: true,
    rtspTransports: rtp === undefined ? ["tcp"] : ["udp", "tcp"],
    rtspEncryption: isEncrypted ? "optional" : "no",
    rtspAddress: at(host, ports.rtsp),
    ...(rtp === undefined ? {} : { rtpAddress: at(host, rtp), rtcpAddress: at(host, rtp + 1) }),
    rtspAuthMethods: reading.methods,
    ...(isEncrypted
      ? { rtspsAddress: at(host, rtsps), rtspServerCert: certificate.file, rtspServerKey: certificate.keyFile }
      : {}),
    ...(srtp === undefined ? {} : { srtpAddress: at(host, srtp), srtcpAddress: at(host, srtp + 1) }),
  };
}

function hlsPart({ host, ports, origins }: MediamtxConfigOptions): MediamtxConfig {
  if (ports.hls === undefined) return { hls: false };
  const hlsAddress = at(host, ports.hls);
  return { hls: true, hlsAddress, hlsAllowOrigins: origins, hlsVariant: "lowLatency", hlsMuxerCloseAfter };
}

function whepPart({ host, ports, origins, otherHosts }: MediamtxConfigOptions): MediamtxConfig {
  if (ports.whep === undefined || ports.ice === undefined) return { webrtc: false };
  return {
    webrtc: true,
    webrtcAddress: at(host, ports.whep),
    webrtcAllowOrigins: origins,
    webrtcLocalUDPAddress: at(host, ports.ice),
    webrtcAdditionalHosts: otherHosts,
  };
}

function at(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

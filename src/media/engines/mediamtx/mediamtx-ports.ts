// Ports for MediaMTX, which cannot say which ones it got: the wanted ones where they are free, else the next free ones.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { errorCode, PermanentError } from "../../../foundation/errors.ts";
import type { MediamtxPorts } from "./mediamtx-config.ts";

export interface WantedPorts {
  readonly rtsp: number;
  /** Whether readers may choose UDP. */
  readonly hasUdp: boolean;
  readonly rtsps?: number | undefined;
  readonly hls?: number | undefined;
  readonly whep?: number | undefined;
}

/** A wanted port that is taken. */
export interface MovedPort {
  readonly what: string;
  readonly wanted: number;
  readonly port: number;
}

export interface FoundPorts {
  readonly ports: MediamtxPorts;
  readonly moved: readonly MovedPort[];
}

const portsToTry = 20;
const usualRtp = 8_000;
const usualSrtp = 8_004;
const usualIce = 8_189;

/** `host`: where readers come in, an address. Throws PermanentError `mediamtx.ports` where none is free, `rtsp.listen` where it is no matter of that. */
export async function findPorts(wanted: WantedPorts, host: string): Promise<FoundPorts> {
  const search = new PortSearch(host);
  const { hasUdp, rtsps, hls, whep } = wanted;
  const ports: MediamtxPorts = {
    rtsp: await search.tcp("RTSP", wanted.rtsp),
    rtp: hasUdp ? await search.udpPair(usualRtp) : undefined,
    rtsps: rtsps === undefined ? undefined : await search.tcp("RTSPS", rtsps),
    srtp: hasUdp && rtsps !== undefined ? await search.udpPair(usualSrtp) : undefined,
    hls: hls === undefined ? undefined : await search.tcp("HLS", hls),
    whep: whep === undefined ? undefined : await search.tcp("WHEP", whep),
    ice: whep === undefined ? undefined : await search.udp("WebRTC", usualIce),
    api: await search.own(),
    metrics: await search.own(),
  };
  return { ports, moved: search.moved };
}

class PortSearch {
  readonly moved: MovedPort[] = [];
  readonly #host: string;
  /** `tcp 8554` */
  readonly #given = new Set<string>();

  constructor(host: string) {
    this.#host = host;
  }

  tcp(what: string, wanted: number): Promise<number> {
    return this.#find({ what, wanted, protocol: "tcp", step: 1 }, (port) => isTcpFree(port, this.#host));
  }

  udp(what: string, wanted: number): Promise<number> {
    return this.#find({ what, wanted, protocol: "udp", step: 1 }, (port) => isUdpFree(port, this.#host));
  }

  /** An even one, and the next. Players are told which ones, so nobody else needs to know. */
  udpPair(wanted: number): Promise<number> {
    const isFree = async (port: number): Promise<boolean> =>
      (await isUdpFree(port, this.#host)) && (await isUdpFree(port + 1, this.#host));
    return this.#find({ what: undefined, wanted, protocol: "udp", step: 2 }, isFree);
  }

  /** For ourselves. Any will do, so it is one that nobody else is going to look for in the same moment. */
  async own(): Promise<number> {
    for (;;) {
      const port = await anyTcpPort();
      if (this.#given.has(`tcp ${port}`)) continue;
      this.#given.add(`tcp ${port}`);
      return port;
    }
  }

  async #find({ what, wanted, protocol, step }: Search, isFree: (port: number) => Promise<boolean>): Promise<number> {
    for (let port = wanted; port < wanted + portsToTry * step && port < 65_535; port += step) {
      if (this.#given.has(`${protocol} ${port}`) || !(await isFree(port))) continue;
      for (let given = port; given < port + step; given++) this.#given.add(`${protocol} ${given}`);
      if (port !== wanted && what !== undefined) this.moved.push({ what, wanted, port });
      return port;
    }
    const text = `MediaMTX finds no free port for ${what ?? "itself"} from ${wanted} on; choose another one`;
    throw new PermanentError("mediamtx.ports", text);
  }
}

interface Search {
  /** As the owner is told of it where it moves. */
  readonly what: string | undefined;
  readonly wanted: number;
  readonly protocol: "tcp" | "udp";
  readonly step: 1 | 2;
}

async function anyTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

function isTcpFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => (isTaken(error) ? resolve(false) : reject(listenError(host, port, error))));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function isUdpFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      if (isTaken(error)) resolve(false);
      else reject(listenError(host, port, error));
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

function isTaken(error: Error): boolean {
  return errorCode(error) === "EADDRINUSE";
}

function listenError(host: string, port: number, cause: Error): PermanentError {
  const text = `MediaMTX cannot listen on ${host} port ${port} (${errorCode(cause)}); check rtsp_bind and that port`;
  return new PermanentError("rtsp.listen", text, { cause });
}

// Ports for MediaMTX, which cannot say which ones it got: the wanted ones where they are free, else the next free ones.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { PermanentError } from "../../../foundation/errors.ts";
import type { MediamtxPorts } from "./mediamtx-config.ts";

export interface WantedPorts {
  readonly rtsp: number;
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
const usualApi = 9_997;
const usualMetrics = 9_998;

/** `host`: where readers come in. Throws PermanentError `mediamtx.ports`. */
export async function findPorts(wanted: WantedPorts, host: string): Promise<FoundPorts> {
  const search = new PortSearch(host);
  const { rtsps, hls, whep } = wanted;
  const ports: MediamtxPorts = {
    rtsp: await search.tcp("RTSP", wanted.rtsp),
    rtp: await search.udpPair("RTP", usualRtp),
    api: await search.own(usualApi),
    metrics: await search.own(usualMetrics),
    rtsps: rtsps === undefined ? undefined : await search.tcp("RTSPS", rtsps),
    srtp: rtsps === undefined ? undefined : await search.udpPair("SRTP", usualSrtp),
    hls: hls === undefined ? undefined : await search.tcp("HLS", hls),
    whep: whep === undefined ? undefined : await search.tcp("WHEP", whep),
    ice: whep === undefined ? undefined : await search.udp("WebRTC", usualIce),
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
    return this.#find(what, wanted, 1, (port) => this.#isTcpFree(port, this.#host));
  }

  udp(what: string, wanted: number): Promise<number> {
    return this.#find(what, wanted, 1, (port) => this.#isUdpFree(port));
  }

  /** An even one, and the next. */
  udpPair(what: string, wanted: number): Promise<number> {
    const isFree = async (port: number): Promise<boolean> =>
      (await this.#isUdpFree(port)) && (await this.#isUdpFree(port + 1));
    return this.#find(what, wanted, 2, isFree);
  }

  /** For ourselves: nobody needs to know it. */
  async own(wanted: number): Promise<number> {
    const port = await this.#find("", wanted, 1, (candidate) => this.#isTcpFree(candidate, "127.0.0.1"));
    return port;
  }

  async #find(what: string, wanted: number, step: number, isFree: (port: number) => Promise<boolean>): Promise<number> {
    for (let port = wanted; port < wanted + portsToTry * step && port < 65_535; port += step) {
      if (!(await isFree(port))) continue;
      if (port !== wanted && what !== "") this.moved.push({ what, wanted, port });
      return port;
    }
    const name = what === "" ? "its control interface" : what;
    throw new PermanentError("mediamtx.ports", `MediaMTX finds no free port for ${name} from ${wanted} on`);
  }

  async #isTcpFree(port: number, host: string): Promise<boolean> {
    const key = `tcp ${port}`;
    if (this.#given.has(key)) return false;
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (isFree) this.#given.add(key);
    return isFree;
  }

  async #isUdpFree(port: number): Promise<boolean> {
    const isFree = await new Promise<boolean>((resolve) => {
      const socket = createSocket(this.#host.includes(":") ? "udp6" : "udp4");
      socket.once("error", () => {
        socket.close();
        resolve(false);
      });
      socket.bind({ port, address: this.#host, exclusive: true }, () => socket.close(() => resolve(true)));
    });
    return isFree;
  }
}

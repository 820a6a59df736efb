// Two neighbouring UDP ports, RTP on the even one and RTCP on the odd one, shared by all sessions of a server.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup } from "node:dns";
import { once } from "node:events";
import { isIP } from "node:net";
import { errorCode, PermanentError } from "../../../foundation/errors.ts";
import { plainAddress } from "../../../foundation/ip-address.ts";
import type { Logger } from "../../../foundation/logger.ts";

const mostAttempts = 32;
const longestReport = 1_500;

export type ReportListener = (report: Buffer) => void;

export class UdpPortPair implements AsyncDisposable {
  readonly rtpPort: number;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #listeners = new Map<string, ReportListener>();
  readonly #closed: Promise<unknown>;

  private constructor(rtp: Socket, rtcp: Socket, logger: Logger) {
    this.rtpPort = rtp.address().port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#closed = Promise.all(
      [rtp, rtcp].map((socket) => new Promise<void>((resolve) => socket.once("close", resolve))),
    );
    for (const socket of [rtp, rtcp]) {
      socket.removeAllListeners("error");
      socket.on("error", (error) => logger.debug("A UDP packet could not be sent", error));
    }
    // Clients send packets to our RTP port too, to open the way through their firewall; reading them throws them away.
    rtp.on("message", () => undefined);
    rtcp.on("message", (report, from) => this.#receive(report, from));
  }

  /** `rtpPort`: an even one, or 0 for any. Rejects with PermanentError `rtsp.udp`. */
  static async bind(host: string, rtpPort: number, logger: Logger): Promise<UdpPortPair> {
    for (let attempt = 1; ; attempt++) {
      const rtp = openSocket(host);
      const rtcp = openSocket(host);
      try {
        await bound(rtp, rtpPort, host);
        const { port } = rtp.address();
        if (port % 2 !== 0) throw new PermanentError("rtsp.udp", `UDP port ${port} is odd; RTP needs an even one`);
        await bound(rtcp, port + 1, host);
        return new UdpPortPair(rtp, rtcp, logger);
      } catch (cause) {
        rtp.close();
        rtcp.close();
        const isWorthRetrying = rtpPort === 0 && ["EADDRINUSE", "rtsp.udp"].includes(errorCode(cause));
        if (!isWorthRetrying || attempt >= mostAttempts)
          throw new PermanentError("rtsp.udp", `UDP ports for RTSP cannot be had on ${host}`, { cause });
      }
    }
  }

  /** Hands reports from exactly there to the listener; undefined where somebody else has that place. */
  listen(address: string, port: number, listener: ReportListener): Disposable | undefined {
    const key = placeOf(address, port);
    if (this.#listeners.has(key)) return undefined;
    this.#listeners.set(key, listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(key) };
  }

  sendRtp(header: Buffer, payload: Buffer, port: number, address: string): void {
    this.#rtp.send([header, payload], port, address);
  }

  sendRtcp(report: Buffer, port: number, address: string): void {
    this.#rtcp.send(report, port, address);
  }

  /** Bytes that the operating system has not taken yet. */
  get pendingBytes(): number {
    return this.#rtp.getSendQueueSize();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#rtp.close();
    this.#rtcp.close();
    await this.#closed;
  }

  #receive(report: Buffer, { address, port }: RemoteInfo): void {
    if (report.length <= longestReport) this.#listeners.get(placeOf(address, port))?.(report);
  }
}

function placeOf(address: string, port: number): string {
  return `${plainAddress(address)} ${port}`;
}

function openSocket(host: string): Socket {
  return createSocket({
    type: isIP(host) === 6 ? "udp6" : "udp4",
    // Addresses are known already: packets go out at once, not a turn later.
    lookup: (name, options, callback) => {
      const family = isIP(name);
      if (family === 0) lookup(name, options, callback);
      else callback(null, name, family);
    },
  });
}

async function bound(socket: Socket, port: number, address: string): Promise<void> {
  // It may listen before `bind` returns.
  const listening = once(socket, "listening");
  socket.bind({ port, address, exclusive: true });
  await listening;
}

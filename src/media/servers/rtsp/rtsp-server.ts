// The built-in RTSP server: its listening socket and the connections on it.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { onAbort } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { BugError, errorCode, PermanentError } from "../../../foundation/errors.ts";
import { plainAddress } from "../../../foundation/ip-address.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { serializeResponse } from "../../formats/rtsp-message.ts";
import type { PublishDirectory } from "../../hub/publish-directory.ts";
import type { StreamDirectory } from "../../hub/stream.ts";
import { AddressRates, isLoopback } from "./address-rates.ts";
import { RtspConnection } from "./rtsp-connection.ts";
import { RtspCredentials, type RtspLogin } from "./rtsp-credentials.ts";
import { type RtspLimits, usualRtspLimits } from "./rtsp-limits.ts";
import { UdpPortPair } from "./udp-port-pair.ts";

export interface RtspServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly streams: StreamDirectory;
  /** Without it everybody may watch. */
  readonly credentials?: RtspLogin | undefined;
  /** Lets clients publish, each where its path says; only for a listener on loopback. */
  readonly publishers?: PublishDirectory | undefined;
  /** Lets players choose UDP. Default true; where the ports cannot be had it is off. */
  readonly udp?: boolean | undefined;
  /** The even one of two UDP ports; default: any free ones. */
  readonly udpPort?: number | undefined;
  /** Of the Server header and the login realm. */
  readonly serverName: string;
  readonly limits?: Partial<RtspLimits> | undefined;
}

export interface RtspServerDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the server. */
  readonly signal: AbortSignal;
}

export class RtspServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #options: RtspServerOptions;
  readonly #dependencies: RtspServerDependencies;
  readonly #limits: RtspLimits;
  readonly #credentials: RtspCredentials | undefined;
  readonly #udpPorts: UdpPortPair | undefined;
  readonly #rates: AddressRates;
  readonly #failedLogins: AddressRates;
  readonly #connections = new Set<RtspConnection>();
  readonly #controller = new AbortController();
  readonly #stop: Disposable;
  readonly #over: Promise<void>;

  private constructor(
    server: Server,
    udpPorts: UdpPortPair | undefined,
    options: RtspServerOptions,
    dependencies: RtspServerDependencies,
  ) {
    const limits = { ...usualRtspLimits, ...options.limits };
    const login = options.credentials;
    const address = server.address();
    this.port = typeof address === "object" && address ? address.port : options.port;
    this.#server = server;
    this.#udpPorts = udpPorts;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#limits = limits;
    this.#credentials = login ? new RtspCredentials(login, options.serverName, dependencies.clock) : undefined;
    this.#rates = new AddressRates(dependencies.clock, (address) =>
      isLoopback(address) ? limits.loopbackRate : limits.rate,
    );
    this.#failedLogins = new AddressRates(dependencies.clock, () => limits.failedLoginRate);
    this.#over = new Promise<void>((resolve) => server.once("close", () => resolve())).then(() => this.#afterClose());
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) => dependencies.logger.warn("The RTSP server could not take a connection", error));
    this.#stop = onAbort(dependencies.signal, () => this.#close());
  }

  /** Rejects with PermanentError `rtsp.port-taken` where another program has the port, `rtsp.listen` where it cannot be had at all. */
  static async listen(options: RtspServerOptions, dependencies: RtspServerDependencies): Promise<RtspServer> {
    dependencies.signal.throwIfAborted();
    if (options.publishers && !isLoopback(options.host)) throw new BugError("Publishing is for a listener on loopback");
    const udpPorts = await bindUdp(options, dependencies.logger);
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    server.listen(options.port, options.host);
    try {
      await once(server, "listening");
    } catch (cause) {
      await udpPorts?.[Symbol.asyncDispose]();
      throw listenError(options, cause);
    }
    return new RtspServer(server, udpPorts, options, dependencies);
  }

  /** The even one of the UDP ports; undefined where UDP is off. */
  get udpPort(): number | undefined {
    return this.#udpPorts?.rtpPort;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Cuts all connections and waits until their streams are released. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#over;
  }

  async #afterClose(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.closed));
    await this.#udpPorts?.[Symbol.asyncDispose]();
  }

  #close(): void {
    if (this.#controller.signal.aborted) return;
    this.#stop?.[Symbol.dispose]();
    this.#server.close();
    this.#controller.abort();
  }

  #accept(socket: Socket): void {
    const { clock, logger } = this.#dependencies;
    const address = plainAddress(socket.remoteAddress);
    if (this.#controller.signal.aborted || !this.#rates.take(address)) {
      socket.destroy();
      return;
    }
    const crowd = this.#crowd(address);
    if (crowd !== undefined) {
      logger.warn(`An RTSP client was turned away: ${crowd}`);
      socket.on("error", () => undefined);
      socket.end(serializeResponse({ status: 503 }, undefined, this.#options.serverName), () => socket.destroy());
      return;
    }
    const { streams, publishers, serverName } = this.#options;
    const connection = new RtspConnection(socket, {
      ...{ streams, publishers, serverName, clock, logger },
      credentials: this.#credentials,
      limits: this.#limits,
      udpPorts: this.#udpPorts,
      mayFailLogin: () => this.#failedLogins.take(address),
      signal: this.#controller.signal,
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  /** Why there is no room for one more connection; undefined where there is. */
  #crowd(address: string): string | undefined {
    const { connections, connectionsPerAddress } = this.#limits;
    if (this.#connections.size >= connections) return `${connections} connections are open already`;
    if (isLoopback(address)) return undefined;
    const same = [...this.#connections].filter((connection) => connection.remoteAddress === address).length;
    return same >= connectionsPerAddress ? `${address} has ${same} connections open already` : undefined;
  }
}

/** Without UDP everything works all the same, by TCP. */
async function bindUdp(
  { udp = true, udpPort = 0, host }: RtspServerOptions,
  logger: Logger,
): Promise<UdpPortPair | undefined> {
  if (!udp) return undefined;
  try {
    return await UdpPortPair.bind(host, udpPort, logger);
  } catch (error) {
    logger.warn("RTSP players are served by TCP only", error);
    return undefined;
  }
}

function listenError({ host, port }: RtspServerOptions, cause: unknown): PermanentError {
  if (errorCode(cause) === "EADDRINUSE")
    return new PermanentError("rtsp.port-taken", `RTSP port ${port} is used by another program; choose another one`, {
      cause,
    });
  return new PermanentError("rtsp.listen", `RTSP cannot listen on ${host} port ${port}; check the address`, { cause });
}

// The built-in RTSP server: its listening socket and the connections on it.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { onAbort } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { BugError, errorCode, PermanentError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { PublishDirectory } from "../../hub/publish-directory.ts";
import type { StreamDirectory } from "../../hub/stream.ts";
import { AddressRates, isLoopback, plainAddress } from "./address-rates.ts";
import { RtspConnection } from "./rtsp-connection.ts";
import { RtspCredentials, type RtspLogin } from "./rtsp-credentials.ts";
import { type RtspLimits, usualRtspLimits } from "./rtsp-limits.ts";
import { serializeResponse } from "./rtsp-message.ts";

export interface RtspServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly streams: StreamDirectory;
  /** Without it everybody may watch. */
  readonly credentials?: RtspLogin | undefined;
  /** Lets clients publish; only for a listener on loopback with credentials. */
  readonly publishers?: PublishDirectory | undefined;
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
  readonly #rates: AddressRates;
  readonly #connections = new Set<RtspConnection>();
  readonly #controller = new AbortController();
  readonly #stop: Disposable;
  readonly #closed: Promise<void>;

  private constructor(server: Server, port: number, options: RtspServerOptions, dependencies: RtspServerDependencies) {
    const limits = { ...usualRtspLimits, ...options.limits };
    const login = options.credentials;
    this.port = port;
    this.#server = server;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#limits = limits;
    this.#credentials = login ? new RtspCredentials(login, options.serverName, dependencies.clock) : undefined;
    this.#rates = new AddressRates(dependencies.clock, (address) =>
      isLoopback(address) ? limits.loopbackRate : limits.rate,
    );
    this.#closed = new Promise((resolve) => server.once("close", () => resolve()));
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) => dependencies.logger.warn("The RTSP server could not take a connection", error));
    this.#stop = onAbort(dependencies.signal, () => this.#close());
  }

  /** Rejects with PermanentError `rtsp.port-taken` where another program has the port, `rtsp.listen` where it cannot be had at all. */
  static async listen(options: RtspServerOptions, dependencies: RtspServerDependencies): Promise<RtspServer> {
    dependencies.signal.throwIfAborted();
    if (options.publishers && !(options.credentials && isLoopback(options.host)))
      throw new BugError("Publishing is for a listener on loopback with credentials");
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    server.listen(options.port, options.host);
    try {
      await once(server, "listening");
    } catch (cause) {
      throw listenError(options, cause);
    }
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : options.port;
    return new RtspServer(server, port, options, dependencies);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Cuts all connections and waits until their streams are released. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#closed;
    await Promise.all([...this.#connections].map((connection) => connection.closed));
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
    if (this.#connections.size >= this.#limits.connections) {
      logger.warn(`An RTSP client was turned away: ${this.#limits.connections} connections are open already`);
      socket.on("error", () => undefined);
      socket.end(serializeResponse({ status: 503 }, undefined, this.#options.serverName), () => socket.destroy());
      return;
    }
    const connection = new RtspConnection(socket, {
      streams: this.#options.streams,
      publishers: this.#options.publishers,
      credentials: this.#credentials,
      limits: this.#limits,
      serverName: this.#options.serverName,
      clock,
      logger,
      signal: this.#controller.signal,
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }
}

function listenError({ host, port }: RtspServerOptions, cause: unknown): PermanentError {
  if (errorCode(cause) === "EADDRINUSE")
    return new PermanentError("rtsp.port-taken", `RTSP port ${port} is used by another program; choose another one`, {
      cause,
    });
  return new PermanentError("rtsp.listen", `RTSP cannot listen on ${host} port ${port}; check the address`, { cause });
}

// The push server (mtalk): accepts TLS connections within bounds and knows which receiver is on which.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Journal } from "../journal.ts";
import type { Device } from "./credentials.ts";
import { McsConnection, type McsWorld } from "./mcs-connection.ts";
import type { MessageStore, StoredMessage } from "./message-store.ts";

const normalLoginTimeoutMs = 10_000;
const normalMaximumConnections = 128;

/** What the push server does otherwise than normally; read whenever it matters. */
export interface PushKnobs {
  /** False: pings of clients get no answer. */
  answerHeartbeats: boolean;
}

export interface McsServerOptions {
  readonly journal: Journal;
  readonly store: MessageStore;
  readonly knobs: Readonly<PushKnobs>;
  readonly isDevice: (device: Device) => boolean;
  readonly loginTimeoutMs?: number;
  readonly maximumConnections?: number;
}

export interface McsListenOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly cert: string;
}

export class McsServer implements AsyncDisposable {
  readonly #options: McsServerOptions;
  readonly #all = new Set<McsConnection>();
  readonly #byDevice = new Map<string, McsConnection>();
  readonly #world: McsWorld;
  #server: Server | undefined;

  constructor(options: McsServerOptions) {
    this.#options = options;
    this.#world = {
      journal: options.journal,
      store: options.store,
      loginTimeoutMs: options.loginTimeoutMs ?? normalLoginTimeoutMs,
      isDevice: options.isDevice,
      answersHeartbeats: () => options.knobs.answerHeartbeats,
      loggedIn: (connection, androidId) => this.#loggedIn(connection, androidId),
      closed: (connection) => this.#closed(connection),
    };
  }

  /** The port, which is the one asked for unless that was 0. */
  async listen({ host, port, key, cert }: McsListenOptions): Promise<number> {
    if (this.#server) throw new Error("The push server listens already; make a second one for a second port.");
    const context = createSecureContext({ key, cert });
    const server = createServer({ noDelay: true }, (tcp) => this.#accept(tcp, context));
    this.#server = server;
    server.maxConnections = this.#options.maximumConnections ?? normalMaximumConnections;
    server.on("drop", (address) => {
      this.#options.journal.record("push.refused", { connections: this.#all.size, from: address?.remotePort });
    });
    server.listen(port, host);
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error(`The push server got no port on ${host}.`);
    return address.port;
  }

  /** False when the receiver is away. */
  send(androidId: string, message: StoredMessage): boolean {
    return this.#byDevice.get(androidId)?.send(message) ?? false;
  }

  /** Pings everyone who is logged in; returns how many. */
  ping(): number {
    return [...this.#byDevice.values()].filter((connection) => connection.ping()).length;
  }

  disturb(how: "close" | "reset" | "mute"): number {
    const connections = [...this.#byDevice.values()];
    for (const connection of connections) connection[how]("disturbed");
    return connections.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const connection of this.#all) connection.destroy("the push server stops");
    await closed;
  }

  #accept(tcp: Socket, context: SecureContext): void {
    const tls = new TLSSocket(tcp, { isServer: true, secureContext: context });
    this.#all.add(new McsConnection(tcp, tls, this.#world));
  }

  #loggedIn(connection: McsConnection, androidId: string): void {
    this.#byDevice.get(androidId)?.close("replaced by a newer connection");
    this.#byDevice.set(androidId, connection);
  }

  #closed(connection: McsConnection): void {
    this.#all.delete(connection);
    const { androidId } = connection;
    if (androidId !== undefined && this.#byDevice.get(androidId) === connection) this.#byDevice.delete(androidId);
  }
}

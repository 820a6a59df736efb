// A small broker inside our own process, on loopback: for the demo without Mosquitto, and for control channels. MQTT 3.1.1 only.
import { timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AedesPublishPacket } from "aedes";
import { BugError, errorCode, PermanentError } from "../foundation/errors.ts";

export interface EmbeddedBrokerOptions {
  /** 0 or not given: any free one. */
  readonly port?: number;
  /** Without it anybody on this machine may connect. */
  readonly credential?: { readonly username: string; readonly password: string };
}

const host = "127.0.0.1";

export class EmbeddedBroker implements AsyncDisposable {
  readonly port: number;
  /** Without credential. */
  readonly url: string;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #closing: Promise<void> | undefined;

  private constructor(aedes: Aedes, server: Server, sockets: Set<Socket>, port: number) {
    this.#aedes = aedes;
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
    this.url = `mqtt://${host}:${port}`;
  }

  /** Rejects with PermanentError `mqtt.port` where the port is taken. */
  static async open(options: EmbeddedBrokerOptions = {}): Promise<EmbeddedBroker> {
    const { credential } = options;
    const aedes = await Aedes.createBroker({
      authenticate: (_client, username, password, done) => done(null, isAllowed(credential, username, password)),
    });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // aedes reports a broken connection by ending its client; the socket's own error needs a listener all the same.
      socket.on("error", () => undefined);
      aedes.handle(socket);
    });
    try {
      return new EmbeddedBroker(aedes, server, sockets, await listen(server, options.port ?? 0));
    } catch (error) {
      await closeAedes(aedes);
      throw error;
    }
  }

  /** From inside, without a connection. */
  publish(topic: string, payload: string, { retain = false } = {}): void {
    const packet = { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, retain, dup: false } as const;
    this.#aedes.publish(packet, () => undefined);
  }

  /** From inside: what clients publish, and what we do. */
  subscribe(filter: string, listener: (topic: string, payload: string) => void): Disposable {
    const deliver = (packet: AedesPublishPacket, done: () => void): void => {
      listener(packet.topic, packet.payload.toString());
      done();
    };
    this.#aedes.subscribe(filter, deliver, () => undefined);
    return { [Symbol.dispose]: () => this.#aedes.unsubscribe(filter, deliver, () => undefined) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await closeAedes(this.#aedes);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function closeAedes(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const why = errorCode(cause) === "EADDRINUSE" ? "is taken; choose another one" : "cannot be used";
      reject(new PermanentError("mqtt.port", `port ${port} for the embedded MQTT broker ${why}`, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new BugError("a TCP server without port"));
      else resolve(address.port);
    });
  });
}

function isAllowed(
  credential: EmbeddedBrokerOptions["credential"],
  username: string | undefined,
  password: Buffer | undefined,
): boolean {
  if (!credential) return true;
  const given = Buffer.from(`${username ?? ""}\0${password?.toString("utf8") ?? ""}`);
  const wanted = Buffer.from(`${credential.username}\0${credential.password}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

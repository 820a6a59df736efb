// Stands between Belfry and the broker and notes when Belfry has written something: what the broker does then is not Belfry's time.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { monotonicUnixMs } from "../../test/support/monotonic-unix-ms.ts";

interface Written {
  readonly bytes: Buffer;
  /** Unix ms with fractions. */
  readonly at: number;
}

export class MqttTap implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #written: Written[] = [];

  private constructor(server: Server, upstream: URL) {
    this.#server = server;
    this.url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (client) => this.#join(client, upstream));
  }

  static async open(brokerUrl: string): Promise<MqttTap> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new MqttTap(server, new URL(brokerUrl));
  }

  /** When a text was written last; NaN if never since the last `clear`. */
  writtenAt(text: string): number {
    return this.#written.findLast(({ bytes }) => bytes.includes(text))?.at ?? Number.NaN;
  }

  clear(): void {
    this.#written.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket, { hostname, port }: URL): void {
    const broker = connect({ host: hostname, port: Number(port), noDelay: true });
    client.on("data", (bytes: Buffer) => this.#written.push({ bytes, at: monotonicUnixMs() }));
    client.pipe(broker);
    broker.pipe(client);
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

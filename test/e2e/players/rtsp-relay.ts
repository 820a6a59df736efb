// A way between a player and the server on which the text of RTSP can be changed; media pass as they are.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface RelayChanges {
  /** Every message of the player, as text. */
  readonly toServer?: (text: string) => string;
  readonly toPlayer?: (text: string) => string;
}

export class RtspRelay implements AsyncDisposable {
  /** All that players have said, in order. */
  readonly said: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, serverPort: number, { toServer, toPlayer }: RelayChanges) {
    this.#server = server;
    server.on("connection", (player) => {
      const upstream = connect(serverPort, "127.0.0.1");
      pass(player, upstream, (text) => {
        this.said.push(text);
        return toServer?.(text) ?? text;
      });
      pass(upstream, player, (text) => toPlayer?.(text) ?? text);
      for (const socket of [player, upstream]) {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
      }
    });
  }

  static async open(serverPort: number, changes: RelayChanges): Promise<RtspRelay> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RtspRelay(server, serverPort, changes);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Only what begins like a message is text; interleaved packets begin with a dollar sign. */
function pass(from: Socket, to: Socket, change: (text: string) => string): void {
  from.on("data", (bytes: Buffer) => {
    const isText = /^[A-Z_]+[ /]/.test(bytes.toString("latin1", 0, 20));
    to.write(isText ? Buffer.from(change(bytes.toString("latin1")), "latin1") : bytes);
  });
  from.on("error", () => to.destroy());
  from.once("close", () => to.end());
}

/** The server offers Basic alone. */
export const basicOnly: RelayChanges = {
  toPlayer: (text) => text.replace(/WWW-Authenticate: Digest[^\r]*\r\n/g, ""),
};

/** UDP packets go where nobody listens, as behind a firewall: to these ports and those above. */
export function udpIsLost(firstPort: number): RelayChanges {
  const asked = new Map<string, string>();
  return {
    toServer: (text) =>
      text.replace(/client_port=([\d-]+)/g, (_whole, ports: string) => {
        const port = firstPort + asked.size * 2;
        asked.set(`${port}-${port + 1}`, ports);
        return `client_port=${port}-${port + 1}`;
      }),
    toPlayer: (text) =>
      text.replace(/client_port=([\d-]+)/g, (_whole, ports: string) => `client_port=${asked.get(ports) ?? ports}`),
  };
}

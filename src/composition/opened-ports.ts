// Ports that the owner of the app has opened under other numbers: answered in here under those numbers, too. Beyond the host's network an
// opened port has the host's number, in Home Assistant's network it has ours; so one address, but for the host name, is right everywhere.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Logger } from "../foundation/logger.ts";

export interface OpenedPortsOptions {
  /** Address to listen on. */
  readonly bind: string;
  /** The page's, which is not ours to take. */
  readonly pagePort: number;
  readonly logger: Logger;
}

/** A port of a server in here, and the one that leads to it from outside; undefined where it is not opened. */
export interface PortPair {
  readonly own: number;
  readonly opened: number | undefined;
}

const anywhere = ["", "0.0.0.0", "::"];

export class OpenedPorts implements AsyncDisposable {
  readonly #options: OpenedPortsOptions;
  /** Opened port to the server that answers there and where it leads. */
  readonly #doors = new Map<number, { readonly server: Server; own: number }>();
  readonly #sockets = new Set<Socket>();
  /** Tried in vain; said once. */
  readonly #refused = new Set<number>();
  #last: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(options: OpenedPortsOptions) {
    this.#options = options;
  }

  /** Resolves when all of these answer that can. */
  lead(pairs: readonly PortPair[]): Promise<void> {
    this.#last = this.#last.then(async () => {
      for (const { own, opened } of pairs) if (opened !== undefined && opened !== own) await this.#lead(opened, own);
    });
    return this.#last;
  }

  /** The number to show for a port of ours. */
  shown(own: number): number {
    for (const [opened, door] of this.#doors) if (door.own === own) return opened;
    return own;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#last;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([...this.#doors.values()].map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }

  async #lead(opened: number, own: number): Promise<void> {
    const known = this.#doors.get(opened);
    if (known) known.own = own;
    if (known || this.#isOver || this.#refused.has(opened)) return;
    const { bind, pagePort, logger } = this.#options;
    try {
      if (opened === pagePort) throw new Error("in here that is the page's: open another one");
      const server = createServer({ noDelay: true }, (player) => this.#pass(player, opened));
      server.listen({ port: opened, host: bind });
      await once(server, "listening");
      this.#doors.set(opened, { server, own });
    } catch (error) {
      this.#refused.add(opened);
      logger.warn(`stream addresses show port ${own} and not the opened port ${opened}`, error);
    }
  }

  #pass(player: Socket, opened: number): void {
    const { bind } = this.#options;
    const port = this.#doors.get(opened)?.own ?? 0;
    const host = anywhere.includes(bind) ? "127.0.0.1" : bind;
    const server = connect({ host, port, noDelay: true });
    for (const [socket, other] of [
      [player, server],
      [server, player],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    player.pipe(server).pipe(player);
  }
}

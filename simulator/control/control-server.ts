// The control API on loopback: plain HTTP and JSON, for tests in other processes, the demo and the command line.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Journal, JournalEntry } from "../journal.ts";
import { parseObject } from "../json.ts";
import type { Operations } from "../operations.ts";
import { runCommand } from "./commands.ts";

export interface ControlServerOptions {
  readonly port: number;
  readonly journal: Journal;
  readonly operations: Operations;
  /** What a client needs to know to use the cloud. */
  readonly facts: {
    readonly environment: Readonly<Record<string, string>>;
    readonly caPem: string;
    readonly ports: object;
    readonly refusals: () => readonly object[];
  };
}

const longestWaitMs = 60_000;

export class ControlServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const server = createServer((request, response) => {
      answer(options, request)
        .then((body) => send(response, 200, body))
        .catch((error: unknown) => {
          send(response, 400, { error: error instanceof Error ? error.message : String(error) });
        });
    });
    server.listen(options.port, "127.0.0.1");
    await once(server, "listening");
    return new ControlServer(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(options: ControlServerOptions, request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://any");
  if (request.method === "POST") {
    const body = await text(request);
    const input = body === "" ? {} : parseObject(body);
    if (!input) throw new Error("the body must be a JSON object");
    return (await runCommand(options.operations, pathname.slice(1), input)) ?? {};
  }
  const { facts, journal, operations } = options;
  switch (pathname) {
    case "/journal":
      return { entries: await readJournal(journal, searchParams) };
    case "/violations":
      return { violations: journal.violations };
    case "/refusals":
      return { refusals: facts.refusals() };
    case "/state":
      return operations.state();
    case "/environment":
      return { variables: facts.environment, ports: facts.ports, caPem: facts.caPem };
    default:
      throw new Error(
        `GET ${pathname} is not known: there are /journal, /violations, /refusals, /state and /environment; operations are sent by POST`,
      );
  }
}

/** Entries after a sequence number; with `wait-ms`, an empty answer is held back until there is an entry. */
async function readJournal(journal: Journal, query: URLSearchParams): Promise<JournalEntry[]> {
  const after = Number(query.get("after") ?? 0);
  const kind = query.get("kind");
  const filter = kind === null ? { after } : { after, kind };
  const found = journal.entries(filter);
  const waitMs = Math.min(Number(query.get("wait-ms") ?? 0), longestWaitMs);
  if (found.length > 0 || !(waitMs > 0)) return found;
  await nextEntry(journal, waitMs, () => journal.entries(filter).length > 0);
  return journal.entries(filter);
}

function nextEntry(journal: Journal, waitMs: number, isThere: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    const unsubscribe = journal.subscribe(() => {
      if (isThere()) finish();
    });
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

// The HTTPS side of the cloud: reads requests, lets ordered faults befall them, routes, answers, and writes the journal.
import { once } from "node:events";
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { CloudReply, CloudRequest } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import type { RequestFaults } from "../request-faults.ts";
import { callerOf, requestDetails } from "./caller.ts";
import { ConnectionReset } from "./connection-reset.ts";
import type { Router } from "./router.ts";

const maximumBodyBytes = 2_000_000;
/** Longer than any client keeps a connection: whoever closes first must not be us, or requests get lost. */
const keepAliveMs = 180_000;

export interface CloudServerOptions {
  readonly journal: Journal;
  readonly faults: RequestFaults;
  readonly router: Router;
  /** Called with websocket upgrades. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export class CloudServer implements AsyncDisposable {
  readonly #options: CloudServerOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #stopped = new AbortController();

  constructor(options: CloudServerOptions) {
    this.#options = options;
  }

  /** Listens for HTTPS, or for plain HTTP without a certificate; returns the port. */
  async listen(where: { host: string; port: number; key?: string; cert?: string }): Promise<number> {
    const { key, cert } = where;
    const isSecure = key !== undefined && cert !== undefined;
    const server = isSecure ? createTlsServer({ key, cert, ALPNProtocols: ["http/1.1"] }) : createPlainServer();
    server.keepAliveTimeout = keepAliveMs;
    server.requestTimeout = 0;
    server.on("request", (request, response) => this.#serve(request, response));
    server.on("upgrade", this.#options.upgrade);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.listen(where.port, where.host);
    await once(server, "listening");
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #serve(incoming: IncomingMessage, response: ServerResponse): void {
    this.#answer(incoming, response).catch((error: unknown) => {
      if (!(error instanceof ConnectionReset) && !this.#stopped.signal.aborted && !incoming.destroyed) {
        this.#options.journal.record("http.failed", { path: incoming.url, error: String(error) });
      }
      incoming.socket.destroy();
    });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopped.signal]);
    const request = await readRequest(incoming, signal);
    const reply = await this.#replyTo(request);
    if (signal.aborted) return;
    this.#record(request, reply.status);
    send(request, response, reply);
  }

  async #replyTo(request: CloudRequest): Promise<CloudReply> {
    const fault = this.#options.faults.take(request);
    if (fault?.delayMs !== undefined) await this.#hold(request, fault.delayMs);
    if (fault?.reset) {
      this.#options.journal.record("http.reset", requestDetails(request));
      throw new ConnectionReset();
    }
    if (fault?.status !== undefined) {
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? "" };
    }
    return this.#route(request);
  }

  #route(request: CloudRequest): CloudReply | Promise<CloudReply> {
    const routing = this.#options.router.find(request);
    if (routing.kind === "found") return routing.route.handle(request, routing.match);
    this.#options.journal.violation(`unknown request: ${routing.kind}`, requestDetails(request));
    const status = routing.kind === "wrong method" ? 405 : 404;
    return { status, body: { error: status === 405 ? "Method Not Allowed" : "Not Found" } };
  }

  async #hold(request: CloudRequest, delayMs: number): Promise<void> {
    const release = this.#options.journal.hold("reply", requestDetails(request));
    await delay(delayMs, undefined, request.signal ? { signal: request.signal } : {});
    release();
  }

  #record(request: CloudRequest, status: number): void {
    const caller = callerOf(request);
    this.#options.journal.record("http.answered", {
      ...requestDetails(request),
      query: redactedQuery(request),
      status,
      accountId: caller?.accountId,
      hardwareId: caller?.hardwareId,
      clientUserAgent: request.headers["user-agent"],
    });
  }
}

async function readRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<CloudRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > maximumBodyBytes) throw new ConnectionReset();
  }
  const url = parseTarget(incoming);
  return {
    method: incoming.method ?? "GET",
    host: hostOf(incoming),
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
    signal,
  };
}

export const hostOf = (incoming: IncomingMessage): string =>
  (incoming.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();

export const parseTarget = (incoming: IncomingMessage): URL => new URL(incoming.url ?? "/", "https://any");

/** Tickets and signatures are secrets; the rest of the query is worth reading. */
function redactedQuery({ query }: CloudRequest): string {
  return [...query].map(([name, value]) => `${name}=${/token|signature|ticket/i.test(name) ? "…" : value}`).join("&");
}

function send(request: CloudRequest, response: ServerResponse, { status, headers = {}, body }: CloudReply): void {
  const { type, content } = encode(body);
  response.writeHead(status, {
    ...(type === undefined ? {} : { "content-type": type }),
    "x-time-millis": String(Date.now()),
    ...(status === 204 ? {} : { "content-length": String(content.length) }),
    ...headers,
  });
  response.end(request.method === "HEAD" || status === 204 ? undefined : content);
}

function encode(body: CloudReply["body"]): { type: string | undefined; content: Buffer } {
  if (body === undefined) return { type: undefined, content: Buffer.alloc(0) };
  if (Buffer.isBuffer(body)) return { type: "application/octet-stream", content: body };
  if (typeof body === "string") return { type: "text/plain; charset=utf-8", content: Buffer.from(body) };
  return { type: "application/json; charset=utf-8", content: Buffer.from(JSON.stringify(body)) };
}

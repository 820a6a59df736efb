// Serves one file to FFmpeg over HTTP, on loopback, under a path that nobody can guess, with ranges.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { composeSignals, onAbort, StopError } from "../../foundation/abort.ts";
import { TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { secretPath } from "../../foundation/secret-path.ts";
import type { ServedFile } from "./served-file.ts";

const pieceBytes = 262_144;

export class LoopbackFileServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #end: AbortController;

  private constructor(server: Server, url: string, end: AbortController) {
    this.#server = server;
    this.url = url;
    this.#end = end;
  }

  /** Until it is disposed or the signal aborts. */
  static async start(file: ServedFile, logger: Logger, signal: AbortSignal): Promise<LoopbackFileServer> {
    signal.throwIfAborted();
    const end = new AbortController();
    const life = composeSignals(signal, end.signal);
    const path = `/${secretPath("recording.mp4")}`;
    const server = createServer((request, response) => {
      const isIt = request.url === path && (request.method === "GET" || request.method === "HEAD");
      if (!isIt) return void response.writeHead(404).end();
      answer(file, request, response, life).catch((error: unknown) => {
        if (!life.aborted) logger.debug("a recording could not be served to FFmpeg", error);
        response.destroy();
      });
    });
    server.listen(0, "127.0.0.1");
    // Whatever happens meanwhile: what has not begun to listen cannot be closed.
    await once(server, "listening");
    onAbort(life, () => server.close());
    life.throwIfAborted();
    const address = server.address();
    if (address === null || typeof address === "string")
      throw new TransientError("recording.served", "The recording cannot be served to FFmpeg on loopback");
    return new LoopbackFileServer(server, `http://127.0.0.1:${address.port}${path}`, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new StopError("closed"));
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }
}

async function answer(
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
  life: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new StopError("closed")));
  const signal = composeSignals(life, gone.signal);
  const size = await file.size;
  const range = readRange(request.headers.range, size);
  const common = { "content-type": "video/mp4", "accept-ranges": "bytes", connection: "close" };
  if (range === "unsatisfiable")
    return void response.writeHead(416, { ...common, "content-range": `bytes */${size}` }).end();
  const { first, last } = range ?? { first: 0, last: size - 1 };
  const length = last - first + 1;
  response.writeHead(range ? 206 : 200, {
    ...common,
    "content-length": length,
    ...(range ? { "content-range": `bytes ${first}-${last}/${size}` } : {}),
  });
  if (request.method === "GET") await send(file, first, length, response, signal);
  response.end();
}

async function send(
  file: ServedFile,
  first: number,
  length: number,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for (let sent = 0; sent < length && !signal.aborted; ) {
    const piece = await file.read(first + sent, Math.min(pieceBytes, length - sent), signal);
    if (piece.length === 0) throw new TransientError("recording.served", "The recording is shorter than it said");
    sent += piece.length;
    if (!response.write(piece)) await once(response, "drain", { signal });
  }
}

interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** One range, as players ask for it; undefined: the whole file. */
export function readRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(size - Number(to), 0) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first >= size || last < first ? "unsatisfiable" : { first, last };
}

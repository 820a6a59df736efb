// The page itself: index and the files it names, by relative addresses, so that any path in front of them will do.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { PageFile, PageFiles } from "./page-files.ts";
import { RefusedError } from "./refused-error.ts";

export function addPageRoutes(server: FastifyInstance, files: PageFiles): void {
  server.get("/", (request, reply) => {
    const index = files.find("index.html");
    if (index) return sendFile(request, reply, index);
    return reply
      .code(503)
      .type("text/plain; charset=utf-8")
      .send("Belfry runs, but its page is not built. Run 'npm run build:page' once, then reload.\n");
  });
  server.get<{ Params: { "*": string } }>("/*", (request, reply) => {
    const file = files.find(request.params["*"]);
    if (!file) throw new RefusedError("web.not-found", "there is nothing at this address", 404);
    return sendFile(request, reply, file);
  });
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  const { headers } = request;
  reply
    .header("etag", file.etag)
    .header("vary", "accept-encoding")
    .header("cache-control", file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (headers["if-none-match"] === file.etag) return reply.code(304).send();
  const takesGzip = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
  if (!file.gzipped || !takesGzip) return reply.type(file.type).send(file.body);
  return reply.type(file.type).header("content-encoding", "gzip").send(file.gzipped);
}

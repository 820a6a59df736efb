// The status: once, or live for as long as the page is open.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { StatusFeed } from "./status-feed.ts";

export function addStatusRoutes(
  server: FastifyInstance,
  feed: StatusFeed,
  isAllowed: (request: FastifyRequest) => boolean,
): void {
  server.get("/api/status", () => feed.document);
  server.get("/api/events", (request, reply) =>
    reply
      .type("text/event-stream")
      .header("cache-control", "no-store, no-transform")
      .header("x-accel-buffering", "no")
      .send(feed.open(() => isAllowed(request))),
  );
}

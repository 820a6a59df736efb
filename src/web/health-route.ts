// /healthz for the container's health check: 200 while the process does its work, whatever Ring or the broker do. Everybody may
// ask, so it says no more than that.
import type { FastifyInstance } from "fastify";
import type { EventLoopWatch } from "./event-loop-watch.ts";
import type { HealthSource } from "./status-source.ts";

export interface HealthRouteOptions {
  readonly health: HealthSource;
  readonly eventLoop: EventLoopWatch;
}

export function addHealthRoute(server: FastifyInstance, { health, eventLoop }: HealthRouteOptions): void {
  server.get("/healthz", (_request, reply) => {
    const isWell = health.isWell && !eventLoop.wasHeldUp;
    return reply.code(isWell ? 200 : 503).send({ status: isWell ? "ok" : "unwell" });
  });
}

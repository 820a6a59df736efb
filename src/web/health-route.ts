// /healthz for the container's health check: 200 while the process does its work, whatever Ring or the broker do.
import type { FastifyInstance } from "fastify";
import type { EventLoopWatch } from "./event-loop-watch.ts";
import type { HealthSource, StatusSource } from "./status-source.ts";

/** An event loop that was held up so long since the last check is not well. */
const longestHoldUpMs = 5_000;

export interface HealthRouteOptions {
  readonly status: StatusSource;
  readonly health: HealthSource;
  readonly eventLoop: EventLoopWatch;
}

export function addHealthRoute(server: FastifyInstance, { status, health, eventLoop }: HealthRouteOptions): void {
  server.get("/healthz", (_request, reply) => {
    const eventLoopDelayMs = eventLoop.takeWorstMs();
    const { version, at, startedAt, signIn, push, broker, engine, cameras } = status.read();
    const isWell = health.isWell && eventLoopDelayMs < longestHoldUpMs;
    return reply.code(isWell ? 200 : 503).send({
      status: isWell ? "ok" : "unwell",
      version,
      uptimeSeconds: Math.round((at - startedAt) / 1000),
      eventLoopDelayMs,
      signIn: signIn.state,
      push: push.isHealthy,
      broker: broker.isConnected,
      engine: engine.isHealthy,
      cameras: cameras.length,
    });
  });
}

// /healthz for the container's health check: 200 while the process does its work, whatever Ring or the broker do.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { FastifyInstance } from "fastify";
import type { HealthSource, StatusSource } from "./status-source.ts";

/** An event loop that was held up so long since the last check is not well. */
const longestDelayMs = 5_000;

/** Dispose to stop measuring. */
export function addHealthRoute(server: FastifyInstance, status: StatusSource, health: HealthSource): Disposable {
  const delays = monitorEventLoopDelay({ resolution: 100 });
  delays.enable();
  server.get("/healthz", (_request, reply) => {
    const eventLoopDelayMs = Math.round(delays.max / 1e6);
    delays.reset();
    const { version, at, startedAt, signIn, push, broker, engine, cameras } = status.read();
    const isWell = health.isWell && eventLoopDelayMs < longestDelayMs;
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
  return { [Symbol.dispose]: () => void delays.disable() };
}

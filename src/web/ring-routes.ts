// Signing in to Ring and out again. Passwords and codes pass through; nothing of a request is logged.
import type { FastifyInstance } from "fastify";
import type { Logger } from "../foundation/logger.ts";
import type { SignInService, SignInStep } from "./sign-in-service.ts";
import type { WebLimits } from "./web-limits.ts";

export interface RingRoutesOptions {
  readonly signIn: SignInService;
  readonly limits: WebLimits;
  readonly logger: Logger;
}

const text = (maxLength: number) => ({ type: "string", minLength: 1, maxLength }) as const;

const loginBody = {
  type: "object",
  additionalProperties: false,
  required: ["email", "password"],
  properties: { email: text(254), password: text(256) },
} as const;

const codeBody = {
  type: "object",
  additionalProperties: false,
  required: ["attempt", "code"],
  properties: { attempt: text(64), code: text(16) },
} as const;

export function addRingRoutes(server: FastifyInstance, { signIn, limits, logger }: RingRoutesOptions): void {
  const config = { rateLimit: limits.signIn };
  const report = (step: SignInStep): SignInStep => {
    if (step.kind === "signed-in") logger.info("somebody signed in to Ring on the page");
    else if (step.kind === "failed") logger.warn(`a sign-in to Ring on the page failed: ${step.text}`);
    return step;
  };
  server.post<{ Body: { email: string; password: string } }>(
    "/api/ring/sign-in",
    { config, schema: { body: loginBody } },
    async ({ body }) => report(await signIn.start(body.email, body.password)),
  );
  server.post<{ Body: { attempt: string; code: string } }>(
    "/api/ring/code",
    { config, schema: { body: codeBody } },
    async ({ body }) => report(await signIn.confirm(body.attempt, body.code)),
  );
  server.post("/api/ring/sign-out", async (_request, reply) => {
    await signIn.signOut();
    logger.info("somebody signed out of Ring on the page");
    return reply.code(204).send();
  });
}

// What this visitor may do, and the login of the page where it has one of its own.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { SessionDocument } from "./house-status.ts";
import { type PageLock, sessionSeconds } from "./page-lock.ts";
import { RefusedError } from "./refused-error.ts";
import type { WebLimits } from "./web-limits.ts";

export const sessionCookie = "belfry_session";

const secret = { type: "string", minLength: 1, maxLength: 256 } as const;

function bodyOf<const K extends string>(...names: readonly K[]) {
  const properties = Object.fromEntries(names.map((name) => [name, secret]));
  return { type: "object", additionalProperties: false, required: names, properties };
}

/** `lock` is undefined where Home Assistant guards the page. */
export function addSessionRoute(server: FastifyInstance, version: string, lock: PageLock | undefined): void {
  server.get("/api/session", (request): SessionDocument => {
    if (!lock) return { mode: "app", page: "open", version };
    const isOpen = lock.isOpenFor(request.cookies[sessionCookie]);
    const closed = lock.setUpCode === undefined ? "locked" : "new";
    return { mode: "standalone", page: isOpen ? "open" : closed, version };
  });
}

export function addLockRoutes(server: FastifyInstance, lock: PageLock, limits: WebLimits): void {
  const config = { rateLimit: limits.lock };
  server.post<{ Body: { code: string; password: string } }>(
    "/api/page/set-up",
    { config, schema: { body: bodyOf("code", "password") } },
    async (request, reply) => {
      const { code, password } = request.body;
      return giveSession(request, reply, await lock.setUp(code, password));
    },
  );
  server.post<{ Body: { password: string } }>(
    "/api/page/log-in",
    { config, schema: { body: bodyOf("password") } },
    async (request, reply) => giveSession(request, reply, await lock.logIn(request.body.password)),
  );
  server.post("/api/page/log-out", (request, reply) => {
    lock.logOut(request.cookies[sessionCookie]);
    return reply.clearCookie(sessionCookie, cookieOptions(request)).code(204).send();
  });
  server.post<{ Body: { current: string; password: string } }>(
    "/api/page/password",
    { config, schema: { body: bodyOf("current", "password") }, onRequest: requireSession(lock) },
    async (request, reply) => {
      const { current, password } = request.body;
      return giveSession(request, reply, await lock.changePassword(current, password));
    },
  );
}

/** A hook that throws RefusedError `web.locked` for visitors who have not logged in. */
export function requireSession(lock: PageLock | undefined): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (!lock || lock.isOpenFor(request.cookies[sessionCookie])) return;
    throw new RefusedError("web.locked", "log in to the page first", 401);
  };
}

function giveSession(request: FastifyRequest, reply: FastifyReply, session: string): FastifyReply {
  const options = { ...cookieOptions(request), maxAge: sessionSeconds };
  return reply.setCookie(sessionCookie, session, options).code(204).send();
}

function cookieOptions(request: FastifyRequest) {
  // Said by a proxy in front of us, if there is one; a visitor who lies only fools himself.
  const isSecure = request.headers["x-forwarded-proto"] === "https";
  return { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure } as const;
}

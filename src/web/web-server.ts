// The HTTP server: who may ask, what is refused, and the routes of the page.
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import type { Clock } from "../foundation/clock.ts";
import { AppError, errorCode, PermanentError } from "../foundation/errors.ts";
import { networkOf } from "../foundation/ip-address.ts";
import type { Logger } from "../foundation/logger.ts";
import { checkAddress, checkOrigin, type WebAccess } from "./access.ts";
import { EventLoopWatch } from "./event-loop-watch.ts";
import { addHealthRoute } from "./health-route.ts";
import { addLockRoutes, addSessionRoute, requireSession, sessionCookie } from "./lock-routes.ts";
import { PageFiles } from "./page-files.ts";
import { type LockMemory, PageLock } from "./page-lock.ts";
import { addPageRoutes } from "./page-routes.ts";
import { RefusedError } from "./refused-error.ts";
import { addRingRoutes } from "./ring-routes.ts";
import { securityHeaders } from "./security-headers.ts";
import type { SignInService } from "./sign-in-service.ts";
import { StatusFeed } from "./status-feed.ts";
import { addStatusRoutes } from "./status-routes.ts";
import type { HealthSource, StatusSource } from "./status-source.ts";
import { usualLimits, type WebLimits } from "./web-limits.ts";

export interface WebServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly access: WebAccess;
  /** Where the built page is. */
  readonly pageDirectory: string;
  readonly version: string;
  readonly signIn: SignInService;
  readonly status: StatusSource;
  readonly health: HealthSource;
  /** For the page's own login; not used behind ingress. */
  readonly lockMemory: LockMemory;
  readonly limits?: Partial<WebLimits>;
}

export interface WebServerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

const mostConnections = 256;

export class WebServer implements AsyncDisposable {
  readonly port: number;
  /** What the owner must enter at the page before there is a password; undefined where there is one, or none is needed. */
  readonly setUpCode: string | undefined;
  readonly #server: FastifyInstance;

  private constructor(server: FastifyInstance, port: number, setUpCode: string | undefined) {
    this.#server = server;
    this.port = port;
    this.setUpCode = setUpCode;
  }

  /** Rejects with PermanentError `web.port-taken` or `web.listen`. */
  static async listen(options: WebServerOptions, deps: WebServerDeps): Promise<WebServer> {
    const { access, lockMemory, host, port } = options;
    const lock = access.kind === "standalone" ? new PageLock(lockMemory, deps) : undefined;
    const server = await createServer(options, deps, lock);
    try {
      await server.listen({ host, port });
    } catch (error) {
      await server.close();
      throw listenError(error, options);
    }
    const bound = server.server.address();
    return new WebServer(server, typeof bound === "object" && bound ? bound.port : port, lock?.setUpCode);
  }

  /** Open pages are cut off. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}

async function createServer(
  options: WebServerOptions,
  { clock, logger }: WebServerDeps,
  lock: PageLock | undefined,
): Promise<FastifyInstance> {
  const limits = { ...usualLimits, ...options.limits };
  const server = fastify({
    bodyLimit: limits.bodyBytes,
    forceCloseConnections: true,
    requestTimeout: 30_000,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  server.server.maxConnections = mostConnections;
  server.removeContentTypeParser("text/plain");
  answerErrors(server, clock, logger);
  server.addHook("onRequest", async (request, reply) => {
    checkAddress(options.access, request);
    checkOrigin(request);
    reply.header("cache-control", "no-store");
  });
  await server.register(helmet, securityHeaders(options.access));
  await server.register(rateLimit, {
    ...limits.all,
    keyGenerator: ({ socket }) => networkOf(socket.remoteAddress),
    errorResponseBuilder: (_request, { ttl }) => tooMany(clock.now() + ttl),
  });
  await server.register(cookie);
  const eventLoop = new EventLoopWatch(clock);
  server.addHook("onClose", async () => eventLoop[Symbol.dispose]());
  await server.register(async (open) => addOpenRoutes(open, { ...options, eventLoop }, lock, limits));
  await server.register(async (guarded) => addGuardedRoutes(guarded, options, lock, limits, { clock, logger }));
  return server;
}

/** Answered to everybody who may ask at all. */
function addOpenRoutes(
  server: FastifyInstance,
  options: WebServerOptions & { readonly eventLoop: EventLoopWatch },
  lock: PageLock | undefined,
  limits: WebLimits,
): void {
  addHealthRoute(server, options);
  addPageRoutes(server, new PageFiles(options.pageDirectory));
  addSessionRoute(server, options.version, lock);
  if (lock) addLockRoutes(server, lock, limits);
}

/** Answered to those who have logged in. */
function addGuardedRoutes(
  server: FastifyInstance,
  options: WebServerOptions,
  lock: PageLock | undefined,
  limits: WebLimits,
  { clock, logger }: WebServerDeps,
): void {
  server.addHook("onRequest", requireSession(lock));
  const feed = new StatusFeed(options.status, clock, limits.eventStreams);
  // Before the server waits for its open answers to end.
  server.addHook("preClose", async () => feed[Symbol.dispose]());
  addStatusRoutes(server, feed, ({ cookies }) => !lock || lock.isOpenFor(cookies[sessionCookie]));
  addRingRoutes(server, { signIn: options.signIn, limits, logger });
}

function answerErrors(server: FastifyInstance, clock: Clock, logger: Logger): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const refused = refusalOf(error);
    if (refused.statusCode >= 500) logger.error(`${request.method} ${request.routeOptions.url ?? "?"} failed`, error);
    else logger.debug(() => `${request.method} ${request.routeOptions.url ?? "?"}: ${refused.statusCode}`, refused);
    return sendRefusal(reply, refused, clock);
  });
  server.setNotFoundHandler((_request, reply) =>
    sendRefusal(reply, new RefusedError("web.not-found", "there is nothing at this address", 404), clock),
  );
}

function refusalOf(error: FastifyError): RefusedError {
  if (error instanceof RefusedError) return error;
  // What our own rooms say is meant for people: a full disk, say.
  if (error instanceof AppError) return new RefusedError(error.code, error.message, 500);
  const { statusCode = 500 } = error;
  if (statusCode === 413) return new RefusedError("web.too-large", "this is more than the page ever sends", 413);
  if (statusCode >= 400 && statusCode < 500) {
    return new RefusedError("web.malformed", "this is not what the page sends; reload the page", statusCode);
  }
  return new RefusedError("web.internal", "Belfry made a mistake; its log says more", 500);
}

function sendRefusal(reply: FastifyReply, refused: RefusedError, clock: Clock): FastifyReply {
  const { code, message, statusCode, retryAt } = refused;
  if (retryAt !== undefined) reply.header("retry-after", Math.max(Math.ceil((retryAt - clock.now()) / 1000), 1));
  return reply.code(statusCode).send({ code, text: message, ...(retryAt === undefined ? {} : { retryAt }) });
}

function tooMany(retryAt: number): RefusedError {
  return new RefusedError("web.too-many", "too many tries; wait a little", 429, { retryAt });
}

function listenError(error: unknown, { host, port }: WebServerOptions): PermanentError {
  const cause = { cause: error };
  if (errorCode(error) === "EADDRINUSE") {
    return new PermanentError("web.port-taken", `port ${port} for the page belongs to another program`, cause);
  }
  const text = `the page cannot listen on ${host}, port ${port}; correct web_bind or web_port`;
  return new PermanentError("web.listen", text, cause);
}

// Who may talk to the page at all: as an app the ingress proxy alone, elsewhere everybody, who then has to log in.
import type { FastifyRequest } from "fastify";
import { plainAddress } from "../foundation/ip-address.ts";
import { RefusedError } from "./refused-error.ts";

export type WebAccess =
  /** Home Assistant has checked the visitor; only these addresses are its proxy. */
  { readonly kind: "ingress"; readonly proxies: readonly string[] } | { readonly kind: "standalone" };

/** The one address from which the Supervisor passes on what visitors of Home Assistant ask. */
export const ingressProxies: readonly string[] = ["172.30.32.2"];
/** Where the health check of the container comes from. */
const ownAddresses: readonly string[] = ["127.0.0.1"];

/** Throws RefusedError `web.address` for a peer that may not even ask. */
export function checkAddress(access: WebAccess, request: FastifyRequest): void {
  if (access.kind === "standalone") return;
  const address = plainAddress(request.socket.remoteAddress);
  const isHealthCheck = request.method === "GET" && request.url === "/healthz";
  if (access.proxies.includes(address) || (isHealthCheck && ownAddresses.includes(address))) return;
  throw new RefusedError("web.address", "open this page from within Home Assistant", 403);
}

/** Refuses what another site makes a browser send (the header cannot be sent across sites without our consent, and we give none). */
export function checkOrigin(request: FastifyRequest): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { "x-belfry-request": mark, "sec-fetch-site": site, origin } = request.headers;
  const isOurs = site === undefined ? origin === undefined || isOwnOrigin(request, origin) : site === "same-origin";
  if (mark === "1" && isOurs) return;
  throw new RefusedError("web.origin", "this request does not come from Belfry's own page; reload the page", 403);
}

function isOwnOrigin({ headers }: FastifyRequest, origin: string): boolean {
  const host = URL.canParse(origin) ? new URL(origin).host : "";
  return host !== "" && (host === headers.host || host === headers["x-forwarded-host"]);
}

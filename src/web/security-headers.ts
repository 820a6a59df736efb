// What browsers are told to forbid: everything but our own files; framing only by Home Assistant, on its own address.
import type { FastifyHelmetOptions } from "@fastify/helmet";
import type { WebAccess } from "./access.ts";

export function securityHeaders({ kind }: WebAccess): FastifyHelmetOptions {
  // Behind ingress the page has Home Assistant's own origin and stands in one of its frames.
  const ancestors = kind === "ingress" ? "'self'" : "'none'";
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": [ancestors],
      },
    },
    xFrameOptions: { action: kind === "ingress" ? "sameorigin" : "deny" },
    referrerPolicy: { policy: "no-referrer" },
    // At home the page is plain HTTP; whoever puts TLS in front of it sets these there.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  };
}

// Finds the route of a request: by host, path, then method.
import type { CloudRequest, Route } from "../contracts.ts";

export type Routing =
  | { readonly kind: "found"; readonly route: Route; readonly match: RegExpExecArray }
  | { readonly kind: "unknown host" | "unknown path" | "wrong method" };

export class Router {
  readonly #routes: readonly Route[];
  readonly #hosts: ReadonlySet<string>;

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    this.#hosts = new Set(routes.flatMap((route) => route.hosts));
  }

  find(request: CloudRequest): Routing {
    if (!this.#hosts.has(request.host)) return { kind: "unknown host" };
    let isPathKnown = false;
    for (const route of this.#routes) {
      if (!route.hosts.includes(request.host)) continue;
      const match = route.path.exec(request.path);
      if (!match) continue;
      if (route.method === request.method) return { kind: "found", route, match };
      isPathKnown = true;
    }
    return { kind: isPathKnown ? "wrong method" : "unknown path" };
  }
}

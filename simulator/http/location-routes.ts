// The app API: modes of a location, tickets for live views and hubs, and what alarm clients ask; plus the integrations.
import { randomUUID } from "node:crypto";
import type { CloudReply, Route } from "../contracts.ts";
import { hosts } from "../hosts.ts";
import { type Mode, modes } from "../location-modes.ts";
import { authorized, badRequest, type Call, jsonBody, notFound } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

const appHosts = [hosts.app, hosts.olderApp];

export function locationRoutes(services: CloudServices): Route[] {
  const route = (method: string, path: RegExp, handle: (call: Call) => CloudReply): Route => ({
    hosts: appHosts,
    method,
    path,
    handle: authorized(services, handle),
  });
  const ok = (body: object): CloudReply => ({ status: 200, body });
  return [
    ...modeRoutes(services, route),
    route("POST", /^\/api\/v1\/clap\/ticket\/request\/signalsocket$/, ({ account }) => {
      services.journal.record("ticket.issued", { accountId: account.id });
      return ok({ ticket: services.world.issueTicket(account.id) });
    }),
    route("GET", /^\/api\/v1\/clap\/tickets$/, () =>
      ok({
        assets: [],
        host: hosts.signalling,
        ticket: randomUUID(),
        subscriptionTopics: [],
      }),
    ),
    route("GET", /^\/api\/v1\/rs\/history$/, () => ok([])),
    route("POST", /^\/api\/v1\/rs\/users\/summaries$/, ({ account }) =>
      ok([
        {
          id: account.data.profile.id,
          firstName: account.data.profile.first_name,
          lastName: account.data.profile.last_name,
        },
      ]),
    ),
    route("GET", /^\/api\/v1\/rs\/monitoring\/accounts\/([^/]+)$/, () => notFound("no monitored account")),
    route("POST", /^\/api\/v1\/rs\/monitoring\/accounts\/([^/]+)\/assets\/([^/]+)\/userAlarm$/, () =>
      notFound("no such asset"),
    ),
    ...integrationRoutes(services),
  ];
}

type MakeRoute = (method: string, path: RegExp, handle: (call: Call) => CloudReply) => Route;

function modeRoutes(services: CloudServices, route: MakeRoute): Route[] {
  const base = "^/api/v1/mode/location/([^/]+)";
  const at = (method: string, tail: string, handle: (call: Call, locationId: string) => CloudReply): Route =>
    route(method, new RegExp(`${base}${tail}$`), (call) => {
      const locationId = call.match[1] ?? "";
      return call.account.hasLocation(locationId) ? handle(call, locationId) : notFound("no such location");
    });
  const ok = (body: object): CloudReply => ({ status: 200, body });
  return [
    at("GET", "", ({ account }, id) => ok(account.modes(id).view)),
    at("POST", "", (call, id) => setMode(services, call, id)),
    at("GET", "/settings", ({ account }, id) => ok(account.modes(id).settings)),
    at("POST", "/settings", ({ account, request }, id) => {
      const body = jsonBody(services, request);
      if (!body) return badRequest;
      account.modes(id).setSettings(body);
      return ok(account.modes(id).settings);
    }),
    at("DELETE", "/settings", ({ account }, id) => {
      account.modes(id).disable();
      return ok({});
    }),
    at("POST", "/settings/setup", ({ account }, id) => {
      account.modes(id).setUp();
      return ok(account.modes(id).settings);
    }),
    at("GET", "/sharing", ({ account }, id) => ok(account.modes(id).sharing)),
    at("POST", "/sharing", ({ account, request }, id) => {
      account.modes(id).share(jsonBody(services, request)?.["sharedUsersEnabled"] === true);
      return ok(account.modes(id).sharing);
    }),
  ];
}

function setMode(services: CloudServices, { account, request }: Call, locationId: string): CloudReply {
  const wanted = jsonBody(services, request)?.["mode"];
  const mode = modes.find((known): known is Mode => known === wanted);
  if (mode === undefined) return badRequest;
  account.modes(locationId).setMode(mode);
  services.journal.record("mode.changed", { locationId, mode });
  return { status: 200, body: account.modes(locationId).view };
}

/** Amazon Key has no locks here; live views of the integration kind are not offered. */
function integrationRoutes(services: CloudServices): Route[] {
  const liveView = authorized(services, ({ request }) => {
    services.journal.record("http.unsupported", { what: "live view by integration", path: request.path });
    return notFound("this account has no integration");
  });
  return [
    {
      hosts: [hosts.api],
      method: "GET",
      path: /^\/integrations\/amazonkey\/v2\/devices\/lock_associations$/,
      handle: authorized(services, () => ({ status: 200, body: [] })),
    },
    ...[
      ["POST", "start"],
      ["POST", "end"],
      ["PATCH", "options"],
    ].map(
      ([method = "", action = ""]): Route => ({
        hosts: [hosts.api],
        method,
        path: new RegExp(`^/integrations/v1/liveview/${action}$`),
        handle: liveView,
      }),
    ),
  ];
}

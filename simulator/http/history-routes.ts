// Event history in all its forms: evm v2 and v3, locations, doorbots, video search, active dings, periodic footage.
import type { CloudReply, CloudRequest, Route } from "../contracts.ts";
import type { RingEvent } from "../event-history.ts";
import { hosts } from "../hosts.ts";
import type { Account } from "../world.ts";
import { authorized, type Call, inSession, withDevice } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";
import { activeDing, activeMs, doorbotHistoryItem, evmItem, locationEvent, videoSearchItem } from "./event-views.ts";

const json = { "content-type": "application/json; charset=utf-8" };

export function historyRoutes(services: CloudServices): Route[] {
  const at = { hosts: [hosts.api], method: "GET" };
  return [
    {
      ...at,
      path: /^\/evm\/(v2|v3)\/history\/devices$/,
      handle: authorized(services, (call) => allDevices(services, call)),
    },
    {
      ...at,
      path: /^\/evm\/v2\/history\/devices\/(\d+)$/,
      handle: authorized(
        services,
        withDevice((call) => evmReply(services, call, [call.device.id], "v2")),
      ),
    },
    {
      ...at,
      path: /^\/evm\/v2\/history\/locations\/([^/]+)$/,
      handle: authorized(services, (call) => evmReply(services, call, devicesOf(call.account, call.match[1]), "v2")),
    },
    {
      ...at,
      path: /^\/clients_api\/locations\/([^/]+)(?:\/devices\/(\d+))?\/events$/,
      handle: inSession(services, (call) => locationEvents(call)),
    },
    {
      ...at,
      path: /^\/clients_api\/doorbots\/(\d+)\/history$/,
      handle: inSession(
        services,
        withDevice(({ account, device, request }) => {
          const events = account.history.list({ deviceIds: [device.id], ...page(request) });
          return rawJson(`[${events.map((event) => doorbotHistoryItem(event, device)).join(",")}]`);
        }),
      ),
    },
    {
      ...at,
      path: /^\/clients_api\/video_search\/history$/,
      handle: inSession(services, (call) => videoSearch(services, call)),
    },
    {
      ...at,
      path: /^\/clients_api\/dings\/active$/,
      handle: inSession(services, ({ account }) => activeDings(account)),
    },
    {
      ...at,
      path: /^\/recordings\/public\/footages\/(\d+)$/,
      handle: authorized(
        services,
        withDevice(() => ({
          status: 200,
          body: { meta: { pagination_key: 0, butch_size: 0 }, data: [] },
        })),
      ),
    },
  ];
}

function allDevices(services: CloudServices, call: Call): CloudReply {
  const ids = (call.request.query.get("source_ids") ?? "").split(",").filter((id) => id !== "");
  const wanted = ids.length > 0 ? ids.map(Number) : call.account.devices.map(({ id }) => id);
  return evmReply(services, call, wanted, call.match[1] === "v3" ? "v3" : "v2");
}

function evmReply(
  { recordings }: CloudServices,
  { account, request }: Call,
  ids: number[],
  version: "v2" | "v3",
): CloudReply {
  const types = request.query.getAll("event_types").flatMap((list) => list.split(","));
  const { limit, beforeId } = page(request);
  const events = account.history.list({
    deviceIds: ids,
    limit: limit + 1,
    beforeId,
    ...(types.length > 0 ? { types } : {}),
  });
  const shown = events.slice(0, limit);
  const items = shown.flatMap((event) => {
    const device = account.device(event.deviceId);
    return device ? [evmItem(event, device, recordings)] : [];
  });
  const key = events.length > limit ? paginationKey(shown.at(-1)) : null;
  if (version === "v3") return { status: 200, body: { events: items, feed: { pagination_key: key } } };
  return { status: 200, body: { items, pagination_key: key } };
}

function locationEvents({ account, match, request }: Call): CloudReply {
  const [, locationId, deviceId] = match;
  const kind = request.query.get("kind");
  const state = request.query.get("state");
  const { limit, beforeId } = page(request);
  const events = account.history
    .list({
      deviceIds: deviceId === undefined ? devicesOf(account, locationId) : [Number(deviceId)],
      beforeId,
      ...(kind === null ? {} : { types: [kind] }),
    })
    .filter((event) => isInState(event, state));
  const shown = events.slice(0, limit);
  const key = events.length > limit ? paginationKey(shown.at(-1)) : null;
  return rawJson(
    `{"events":[${shown.map(locationEvent).join(",")}],"meta":${JSON.stringify({ pagination_key: key })}}`,
  );
}

function isInState(event: RingEvent, state: string | null): boolean {
  if (state === "missed") return event.state === "timed_out";
  if (state === "accepted") return event.state === "completed";
  return state !== "person_detected" || event.detection === "human";
}

function videoSearch({ recordings }: CloudServices, { account, request }: Call): CloudReply {
  const { query } = request;
  const device = account.device(Number(query.get("doorbot_id")));
  const from = Number(query.get("date_from") ?? 0);
  const to = Number(query.get("date_to") ?? Number.MAX_SAFE_INTEGER);
  const events = device ? account.history.list({ deviceIds: [device.id] }) : [];
  const found = events.filter((event) => event.startedAt >= from && event.startedAt <= to);
  if (query.get("order") !== "desc") found.reverse();
  return {
    status: 200,
    body: { video_search: device ? found.map((event) => videoSearchItem(event, device, recordings)) : [] },
  };
}

function activeDings(account: Account): CloudReply {
  const now = Date.now();
  const active = account.history.list().filter((event) => isActive(event, now));
  return {
    status: 200,
    body: active.flatMap((event) => {
      const device = account.device(event.deviceId);
      return device ? [activeDing(event, device, now)] : [];
    }),
  };
}

const isActive = (event: RingEvent, now: number): boolean =>
  (event.type === "ding" || event.type === "motion") && event.startedAt + activeMs > now;

const devicesOf = (account: Account, locationId: string | undefined): number[] =>
  account.devices.filter(({ record }) => record.location_id === locationId).map(({ id }) => id);

function page({ query }: CloudRequest): { limit: number; beforeId: string | undefined } {
  const limit = Number(query.get("limit") ?? 50);
  const key = query.get("pagination_key");
  return {
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, 100) : 50,
    beforeId: key === null || key === "" ? undefined : Buffer.from(key, "base64").toString(),
  };
}

const paginationKey = (event: RingEvent | undefined): string | null =>
  event ? Buffer.from(event.id).toString("base64") : null;

const rawJson = (body: string): CloudReply => ({ status: 200, headers: json, body });

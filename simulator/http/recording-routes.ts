// Ways to the video of an event: links to play or download, transcoding orders, and the host that keeps the files.
import type { CloudReply, Route } from "../contracts.ts";
import type { RingEvent } from "../event-history.ts";
import { hosts } from "../hosts.ts";
import { authorized, badRequest, type Call, inSession, jsonBody, notFound, requestDetails } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

/** By address for programs that our hook does not reach, such as Home Assistant with a link that Belfry has told it. */
const fileHosts = [hosts.recordings, "127.0.0.1"];

export function recordingRoutes(services: CloudServices): Route[] {
  const api = { hosts: [hosts.api] };
  const orders = new Map<string, number>();
  const file = /^\/(\d+)\/(\d+)\.(mp4|jpg)$/;
  const serve: Route["handle"] = async (request, match) => {
    const reply = await services.recordings.serve(request, match);
    services.journal.record("recording.served", { path: request.path, status: reply.status });
    return reply;
  };
  return [
    {
      ...api,
      method: "GET",
      path: /^\/clients_api\/dings\/(\d+)\/(share\/play|recording)$/,
      handle: inSession(services, (call) => play(services, call)),
    },
    {
      ...api,
      method: "POST",
      path: /^\/share_service\/v2\/transcodings\/downloads$/,
      handle: authorized(services, (call) => order(services, call, orders)),
    },
    {
      ...api,
      method: "GET",
      path: /^\/share_service\/v2\/transcodings\/downloads\/(\d+)$/,
      handle: authorized(services, (call) => orderState(services, call, orders)),
    },
    { hosts: fileHosts, method: "GET", path: file, handle: serve },
    { hosts: fileHosts, method: "HEAD", path: file, handle: serve },
  ];
}

const eventOf = ({ account, match }: Call): RingEvent | undefined => account.history.find(match[1] ?? "");

/** A link as JSON; only the plain `recording` call without the flag redirects to the file itself. */
function play({ recordings }: CloudServices, call: Call): CloudReply {
  const event = eventOf(call);
  const url = event && recordings.link(event, "VIDEO");
  if (url === undefined) return notFound("recording is not ready");
  const wantsLink = call.request.query.get("disable_redirect") === "true" || call.match[2] === "share/play";
  return wantsLink ? { status: 200, body: { url } } : { status: 302, headers: { location: url } };
}

function order(services: CloudServices, { request, account }: Call, orders: Map<string, number>): CloudReply {
  const body = jsonBody(services, request);
  const id = body?.["ding_id"];
  if (typeof id !== "string" && typeof id !== "number") return badRequest;
  const event = account.history.find(String(id));
  if (!event) return notFound("no such event");
  orders.set(event.id, Date.now());
  services.journal.record("transcoding.ordered", { eventId: event.id });
  return { status: 200, body: { status: "pending" } };
}

function orderState(services: CloudServices, call: Call, orders: Map<string, number>): CloudReply {
  const event = eventOf(call);
  const orderedAt = event && orders.get(event.id);
  if (orderedAt === undefined) {
    services.journal.violation("out of order: this download was never ordered", requestDetails(call.request));
    return notFound("no such download");
  }
  const transcodingMs = call.account.device(event?.deviceId ?? 0)?.knobs.recording.transcodingMs ?? 0;
  const url = event && services.recordings.link(event, "VIDEO");
  const isDone = url !== undefined && Date.now() >= orderedAt + transcodingMs;
  return { status: 200, body: isDone ? { status: "done", result_url: url } : { status: "pending" } };
}

// Who asks: the bearer token, the session and the device of a request, or the refusal that Ring would send.
import type { CloudReply, CloudRequest } from "../contracts.ts";
import type { Device } from "../device.ts";
import { type JsonObject, parseObject } from "../json.ts";
import type { Session } from "../sessions.ts";
import { secretTail, type TokenOwner } from "../tokens.ts";
import type { Account } from "../world.ts";
import type { CloudServices } from "./cloud-services.ts";

export interface Call {
  readonly request: CloudRequest;
  readonly match: RegExpExecArray;
  readonly account: Account;
  readonly hardwareId: string;
}
export type SessionCall = Call & { readonly session: Session };
export type DeviceCall = Call & { readonly device: Device };

type Handler<C> = (call: C) => CloudReply | Promise<CloudReply>;
type RouteHandler = (request: CloudRequest, match: RegExpExecArray) => CloudReply | Promise<CloudReply>;

const callers = new WeakMap<CloudRequest, TokenOwner>();

/** Of a request that was authorized. */
export const callerOf = (request: CloudRequest): TokenOwner | undefined => callers.get(request);

export const notFound = (error: string): CloudReply => ({ status: 404, body: { error } });
export const noContent: CloudReply = { status: 204 };

/** A route for callers with a valid access token. */
export function authorized(services: CloudServices, handle: Handler<Call>): RouteHandler {
  return (request, match) => {
    const call = identify(services, request, match);
    return "status" in call ? call : handle(call);
  };
}

/** A route of clients_api: the hardware id must have a session. `early` says whether asking before one was made is a mistake. */
export function inSession(
  services: CloudServices,
  handle: Handler<SessionCall>,
  { early = "allowed" }: { early?: "allowed" | "violation" } = {},
): RouteHandler {
  return authorized(services, (call) => {
    const owner = { accountId: call.account.id, hardwareId: call.hardwareId };
    const session = services.sessions.find(owner);
    if (session) return handle({ ...call, session });
    services.journal.record("session.missing", { ...owner, path: call.request.path });
    if (early === "violation" && !services.sessions.wasKnown(owner)) {
      services.journal.violation("out of order: this needs a session first", requestDetails(call.request));
    }
    return notFound(`Session not found for ${call.hardwareId}`);
  });
}

/** The device that the first group of the path names, among those that the account sees. */
export function withDevice<C extends Call>(handle: Handler<C & { readonly device: Device }>): Handler<C> {
  return (call) => {
    const device = call.account.device(Number(call.match[1]));
    return device ? handle({ ...call, device }) : notFound(`Couldn't find a device with id ${call.match[1]}`);
  };
}

/** The JSON object of the body; a violation and undefined when it is something else. */
export function jsonBody(services: CloudServices, request: CloudRequest): JsonObject | undefined {
  const body = parseObject(request.body.toString());
  if (!body) services.journal.violation("malformed body: JSON object expected", requestDetails(request));
  return body;
}

export const badRequest: CloudReply = { status: 400, body: { error: "Bad Request" } };

export const requestDetails = (request: CloudRequest): Record<string, unknown> => ({
  method: request.method,
  host: request.host,
  path: request.path,
});

function identify(services: CloudServices, request: CloudRequest, match: RegExpExecArray): Call | CloudReply {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (bearer === undefined) {
    services.journal.violation("missing Authorization", requestDetails(request));
    return unauthorized;
  }
  const owner = services.tokens.accessOwner(bearer);
  if (owner === "unknown") {
    services.journal.violation("wrong bearer token", { ...requestDetails(request), token: secretTail(bearer) });
  }
  if (typeof owner === "string") return unauthorized;
  const account = services.world.account(owner.accountId);
  if (!account) return unauthorized;
  const named = request.headers["hardware_id"];
  const hardwareId = typeof named === "string" && named !== "" ? named : owner.hardwareId;
  callers.set(request, { accountId: account.id, hardwareId });
  return { request, match, account, hardwareId };
}

const unauthorized: CloudReply = { status: 401, body: { error: "Unauthorized" } };

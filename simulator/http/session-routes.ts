// clients_api: session, the registration of a client for pushes, and the profile.
import type { CloudReply, Route } from "../contracts.ts";
import { hosts } from "../hosts.ts";
import { type JsonObject, valueAt } from "../json.ts";
import { secretTail } from "../tokens.ts";
import type { Account } from "../world.ts";
import {
  authorized,
  badRequest,
  type Call,
  inSession,
  jsonBody,
  noContent,
  requestDetails,
  type SessionCall,
} from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

export function sessionRoutes(services: CloudServices): Route[] {
  const at = { hosts: [hosts.api] };
  const register = inSession(services, (call) => registerDevice(services, call), { early: "violation" });
  return [
    {
      ...at,
      method: "POST",
      path: /^\/clients_api\/session\/?$/,
      handle: authorized(services, (call) => createSession(services, call)),
    },
    { ...at, method: "PATCH", path: /^\/clients_api\/device\/?$/, handle: register },
    { ...at, method: "PUT", path: /^\/clients_api\/device\/?$/, handle: register },
    {
      ...at,
      method: "GET",
      path: /^\/clients_api\/profile\/?$/,
      handle: inSession(services, ({ account, hardwareId }) => ({
        status: 200,
        body: { profile: profileOf(account, hardwareId) },
      })),
    },
  ];
}

function createSession(services: CloudServices, { account, request, hardwareId: fallback }: Call): CloudReply {
  const body = jsonBody(services, request);
  if (!body) return badRequest;
  const named = valueAt(body, "device.hardware_id");
  const hardwareId = typeof named === "string" && named !== "" ? named : fallback;
  const model = String(valueAt(body, "device.metadata.device_model") ?? "");
  if (valueAt(body, "device.os") === undefined || Number(valueAt(body, "device.metadata.api_version")) !== 11) {
    services.journal.violation("malformed body: a session needs device.os and api_version 11", requestDetails(request));
  }
  services.sessions.create({ accountId: account.id, hardwareId }, model);
  services.journal.record("session.created", { accountId: account.id, hardwareId, deviceModel: model });
  return { status: 201, body: { profile: profileOf(account, hardwareId) } };
}

/** Exactly 204: one client takes everything else for a failure. */
function registerDevice(services: CloudServices, { request, session }: SessionCall): CloudReply {
  const body = jsonBody(services, request);
  const token = valueAt(body, "device.push_notification_token");
  if (!body) return badRequest;
  if (typeof token !== "string" || token === "") {
    services.journal.violation("malformed body: no device.push_notification_token", requestDetails(request));
    return badRequest;
  }
  if (!services.push.isKnownToken(token)) {
    services.journal.violation("a push token that was never issued", { token: secretTail(token) });
  }
  services.sessions.setPushToken(session, token);
  services.journal.record("device.registered", {
    accountId: session.accountId,
    hardwareId: session.hardwareId,
    token: secretTail(token),
  });
  return noContent;
}

function profileOf(account: Account, hardwareId: string): JsonObject {
  const { credentials, profile } = account.data;
  const { knobs } = account;
  return {
    email: credentials.email,
    phone_number: credentials.phone,
    authentication_token: "",
    features: {
      remote_logging_format_storing: false,
      remote_logging_level: 1,
      chime_enabled: true,
      mobile_ringing: true,
    },
    user_preferences: { settings: {}, preferences: {} },
    explorer_program_terms: null,
    user_flow: "ring",
    app_brand: "ring",
    country: "US",
    status: "legacy",
    created_at: "2021-03-04T05:06:07.000Z",
    tfa_enabled: knobs.twoFactor !== "none",
    tfa_phone_number: knobs.twoFactor === "sms" ? credentials.phone : null,
    account_type: "ring",
    ...profile,
    hardware_id: hardwareId,
  };
}

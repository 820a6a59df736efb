// oauth.ring.com: password grants with two-factor codes, refresh grants with rotation, in JSON and in form bodies.
import type { CloudReply, CloudRequest, Route } from "../contracts.ts";
import { hosts } from "../hosts.ts";
import { parseObject } from "../json.ts";
import { secretTail } from "../tokens.ts";
import type { Account } from "../world.ts";
import { requestDetails } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";
import { ConnectionReset } from "./connection-reset.ts";

const codeLimit = { count: 10, windowMs: 600_000 };
const clientId = "ring_official_android";

export function oauthRoutes(services: CloudServices): Route[] {
  const handle = (request: CloudRequest): CloudReply => grant(services, request);
  return [{ hosts: [hosts.oauth], method: "POST", path: /^\/oauth\/token\/?$/, handle }];
}

function grant(services: CloudServices, request: CloudRequest): CloudReply {
  const fields = readFields(request);
  if (!fields || !namesClient(request, fields)) return malformed(services, request, "invalid_request");
  switch (fields.get("grant_type")) {
    case "password":
      return grantByPassword(services, request, fields);
    case "refresh_token":
      return grantByRefresh(services, request, fields.get("refresh_token") ?? "");
    default:
      return malformed(services, request, "unsupported_grant_type");
  }
}

function readFields(request: CloudRequest): Map<string, string> | undefined {
  const text = request.body.toString();
  if (/x-www-form-urlencoded/i.test(request.headers["content-type"] ?? "")) return new Map(new URLSearchParams(text));
  const object = parseObject(text);
  return object && new Map(Object.entries(object).map(([name, value]) => [name, String(value)]));
}

/** The client says who it is in the body or, as OAuth also has it, by Basic authorization without a password. */
function namesClient(request: CloudRequest, fields: Map<string, string>): boolean {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const name = basic === undefined ? fields.get("client_id") : Buffer.from(basic, "base64").toString().split(":")[0];
  return name === clientId;
}

function grantByPassword(services: CloudServices, request: CloudRequest, fields: Map<string, string>): CloudReply {
  const account = services.world.accountOf(fields.get("username") ?? "");
  if (!account || fields.get("password") !== account.data.credentials.password) {
    return refused(services, 401, "password", {
      error: "access_denied",
      error_description: "invalid user credentials",
    });
  }
  const refusal = checkTwoFactor(services, account, headerOf(request, "2fa-code"));
  return refusal ?? granted(services, account, headerOf(request, "hardware_id") || crypto.randomUUID(), "password");
}

function checkTwoFactor(services: CloudServices, account: Account, code: string): CloudReply | undefined {
  const { two_factor_code, phone } = account.data.credentials;
  const { twoFactor } = account.knobs;
  if (twoFactor === "none") return undefined;
  if (code === "") return askForCode(services, account, twoFactor === "totp" ? undefined : phone);
  if (code === two_factor_code) return undefined;
  const reply = refused(services, 400, "code", {
    error: "Verification Code is invalid or expired",
    err_msg: "bad request response from dependency service",
  });
  return { ...reply, headers: { "www-authenticate": 'Bearer error="Verification Code is invalid or expired"' } };
}

function askForCode(services: CloudServices, account: Account, phone: string | undefined): CloudReply {
  const since = Date.now() - codeLimit.windowMs;
  const recent = account.codeRequests.filter((at) => at > since).length;
  if (phone !== undefined && recent >= codeLimit.count) {
    return refused(services, 429, "too many codes", {
      error: "error requesting 2fa service to send code",
      error_description: "too many requests from dependency service",
    });
  }
  account.codeRequests.push(Date.now());
  const kind = account.knobs.twoFactor;
  services.journal.record("oauth.code-requested", { accountId: account.id, twoFactor: kind });
  return { status: 412, body: { next_time_in_secs: 60, phone: phone ?? null, tsv_state: kind } };
}

function grantByRefresh(services: CloudServices, request: CloudRequest, token: string): CloudReply {
  const owner = services.tokens.refreshOwner(token);
  const account = owner && services.world.account(owner.accountId);
  const failure = account?.knobs.refreshFailures.shift();
  if (failure === "reset") throw new ConnectionReset();
  if (failure !== undefined && failure !== 401) {
    services.journal.record("oauth.refused", { reason: "ordered failure", status: failure });
    return { status: failure, headers: { "content-type": "text/html" }, body: `<html>${failure}</html>` };
  }
  if (!owner || !account || failure === 401) {
    return refused(
      services,
      401,
      "refresh token",
      {
        error: "invalid_grant",
        error_description: "token is invalid or does not exists",
      },
      token,
    );
  }
  services.tokens.retire(token);
  return granted(
    services,
    account,
    headerOf(request, "hardware_id") || owner.hardwareId,
    "refresh_token",
    owner.sessionId,
  );
}

function granted(
  { tokens, journal }: CloudServices,
  account: Account,
  hardwareId: string,
  grantType: string,
  sessionId?: string,
): CloudReply {
  const body = tokens.grant({ accountId: account.id, hardwareId }, account.knobs.tokenSeconds, sessionId);
  journal.record("oauth.granted", {
    accountId: account.id,
    hardwareId,
    grantType,
    refreshToken: secretTail(body.refresh_token),
  });
  return { status: 200, body };
}

function refused({ journal }: CloudServices, status: number, reason: string, body: object, token?: string): CloudReply {
  journal.record("oauth.refused", { reason, status, ...(token === undefined ? {} : { token: secretTail(token) }) });
  return { status, body };
}

function malformed({ journal }: CloudServices, request: CloudRequest, error: string): CloudReply {
  journal.violation(`malformed token request: ${error}`, requestDetails(request));
  return { status: 400, body: { error, error_description: "the request is missing a required parameter" } };
}

function headerOf(request: CloudRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

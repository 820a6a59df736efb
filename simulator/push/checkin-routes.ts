// The first two steps of a push receiver: it becomes a device (checkin), then registers an app on it (register3).
import * as v from "valibot";
import type { CloudReply, CloudRequest, Route } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import { checkinRequest, checkinResponse } from "./checkin-messages.ts";
import type { Credentials, Device } from "./credentials.ts";
import { listIssues } from "./list-issues.ts";
import { WireMessageError } from "./wire-message.ts";

interface CheckinContext {
  readonly journal: Journal;
  readonly credentials: Credentials;
}

const hosts = ["android.clients.google.com"];
const textHeaders = { "content-type": "text/plain; charset=UTF-8" };
const publicKeyText = /^B[\w-]{86}$/;

const registerForm = v.object({
  app: v.literal("org.chromium.linux"),
  "X-subtype": v.pipe(v.string(), v.regex(/^wp:.+#.+$/), v.maxLength(200)),
  device: v.string(),
  sender: v.pipe(v.string(), v.regex(publicKeyText)),
});

export function createCheckinRoutes(context: CheckinContext): Route[] {
  return [
    { hosts, method: "POST", path: /^\/checkin$/, handle: (request) => checkIn(request, context) },
    { hosts, method: "POST", path: /^\/c2dm\/register3$/, handle: (request) => register(request, context) },
  ];
}

function isOfType(request: CloudRequest, type: string): boolean {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() === type;
}

function checkIn(request: CloudRequest, { journal, credentials }: CheckinContext): CloudReply {
  const refuse = (status: number, what: string): CloudReply => {
    journal.violation(`push checkin: ${what}`);
    return { status, headers: textHeaders, body: what };
  };
  if (!isOfType(request, "application/x-protobuf"))
    return refuse(400, "the content type is not application/x-protobuf");
  const asked = readCheckin(request.body);
  if (asked instanceof WireMessageError) return refuse(400, asked.message);
  const known = asked.androidId !== "0" || asked.securityToken !== "0";
  if (known && !credentials.isDevice(asked)) return refuse(401, "android id and security token do not belong together");
  const device = known ? asked : credentials.createDevice();
  journal.record("push.checked-in", { androidId: device.androidId, known });
  return {
    status: 200,
    headers: { "content-type": "application/x-protobuf" },
    body: checkinResponse.encode({ statsOk: true, timeMsec: Date.now(), ...device }),
  };
}

function readCheckin(body: Buffer): Device | WireMessageError {
  try {
    const { id = "0", securityToken = "0" } = checkinRequest.decode(body);
    return { androidId: id, securityToken };
  } catch (error) {
    if (error instanceof WireMessageError) return error;
    throw error;
  }
}

function register(request: CloudRequest, { journal, credentials }: CheckinContext): CloudReply {
  const refuse = (code: string, what: string): CloudReply => {
    journal.violation(`push register3: ${what}`);
    return { status: 200, headers: textHeaders, body: `Error=${code}` };
  };
  if (!isOfType(request, "application/x-www-form-urlencoded")) return refuse("INVALID_PARAMETERS", "it is no form");
  const form = v.safeParse(registerForm, Object.fromEntries(new URLSearchParams(request.body.toString())));
  if (!form.success) return refuse("INVALID_PARAMETERS", listIssues(form.issues));
  const { device, "X-subtype": subtype } = form.output;
  const [, androidId = "", securityToken = ""] =
    /^AidLogin (\d{1,19}):(\d{1,19})$/.exec(request.headers.authorization ?? "") ?? [];
  if (!credentials.isDevice({ androidId, securityToken })) {
    return refuse("AUTHENTICATION_FAILED", "AidLogin names no device with its security token");
  }
  if (device !== androidId) return refuse("PHONE_REGISTRATION_ERROR", "the form names another device than AidLogin");
  journal.record("push.registered", { step: "register3", androidId, subtype });
  const token = credentials.createRegistrationToken({ androidId, subtype });
  return { status: 200, headers: textHeaders, body: `token=${token}` };
}

// The registration steps: what a right request gets, and how each wrong one is refused.
import { expect, test } from "vitest";
import { Journal } from "../journal.ts";
import { checkinResponse } from "./checkin-messages.ts";
import { askRoute } from "./fixtures/push-world.ts";
import {
  askCheckin,
  askInstallation,
  askRegister,
  askRegistration,
  checkIn,
  prepareRegistration,
  registerReceiver,
} from "./fixtures/registration.ts";
import { createPushService } from "./service.ts";

function openService() {
  const journal = new Journal();
  const violations = () => journal.violations.map(({ details }) => details["what"]);
  return { journal, violations, push: createPushService({ journal }) };
}

function bytesOf(body: unknown): Buffer {
  if (!Buffer.isBuffer(body)) throw new Error("The reply has no bytes.");
  return body;
}

test("checkin gives ids once and keeps them", async () => {
  const { push, violations } = openService();
  const { androidId, securityToken } = await checkIn(push);
  const again = await askCheckin(push, { id: androidId, securityToken });

  expect(again.headers).toEqual({ "content-type": "application/x-protobuf" });
  expect(checkinResponse.decode(bytesOf(again.body))).toMatchObject({ androidId, securityToken });
  expect((await checkIn(push)).androidId).not.toBe(androidId);
  expect(violations()).toEqual([]);
});

test.for<[string, Record<string, unknown>, number]>([
  ["ids that do not belong together", { id: "5", securityToken: "6" }, 401],
  ["an id without its token", { id: "5" }, 401],
  ["another version", { version: 2 }, 400],
  ["another type", { checkin: { type: 1, chromeBuild: { platform: 3, chromeVersion: "1.2.3.4", channel: 1 } } }, 400],
  ["no Chrome build", { checkin: { type: 3 } }, 400],
])("checkin with %s is refused", async ([, fields, status]) => {
  const { push, violations } = openService();
  expect(await askCheckin(push, fields)).toMatchObject({ status, body: expect.any(String) });
  expect(violations()).toHaveLength(1);
});

test.for(["", "\u00ff\u00ff\u00ff", "{}"])("checkin with the body %j is refused", async (body) => {
  const { push, violations } = openService();
  const headers = { "content-type": "application/x-protobuf" };
  const reply = await askRoute(push, { host: "android.clients.google.com", path: "/checkin", headers, body });
  expect(reply.status).toBe(400);
  expect(violations()).toHaveLength(1);
});

test("register3 gives a token without the letters that clients stumble over", async () => {
  const { push, violations } = openService();
  const reply = await askRegister(push, await checkIn(push));
  expect(reply.body).toMatch(/^token=APA91b[0-9a-f]{100,}$/);
  expect(violations()).toEqual([]);
});

test.for<[string, Record<string, string>, string]>([
  ["another app", { app: "com.example" }, "Error=INVALID_PARAMETERS"],
  ["an odd X-subtype", { "X-subtype": "receiver" }, "Error=INVALID_PARAMETERS"],
  ["a sender that is no key", { sender: "876313859327" }, "Error=INVALID_PARAMETERS"],
  ["another device", { device: "12" }, "Error=PHONE_REGISTRATION_ERROR"],
])("register3 with %s is refused", async ([, fields, body]) => {
  const { push, violations } = openService();
  expect(await askRegister(push, await checkIn(push), fields)).toMatchObject({ body });
  expect(violations()).toHaveLength(1);
});

test("register3 with a foreign security token is refused", async () => {
  const { push, violations } = openService();
  const device = { ...(await checkIn(push)), securityToken: "1" };
  expect(await askRegister(push, device)).toMatchObject({ body: "Error=AUTHENTICATION_FAILED" });
  expect(violations()).toEqual(["push register3: AidLogin names no device with its security token"]);
});

test("an installation gets JSON with its id and tokens", async () => {
  const { push, violations } = openService();
  expect(await askInstallation(push)).toEqual({
    status: 200,
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: {
      name: "projects/876313859327/installations/dABCDEFGHIJKLMNOPQRSTU",
      fid: "dABCDEFGHIJKLMNOPQRSTU",
      refreshToken: expect.any(String),
      authToken: { token: expect.any(String), expiresIn: "604800s" },
    },
  });
  expect(violations()).toEqual([]);
});

test.for<[string, Parameters<typeof askInstallation>[1], number, (Record<string, string> | undefined)?, string?]>([
  ["a fid of another form", { fid: "AAAAAAAAAAAAAAAAAAAAAAA=" }, 400],
  ["a short fid", { fid: "dABC" }, 400],
  ["another auth version", { authVersion: "FIS_v1" }, 400],
  ["no app id", { appId: undefined }, 400],
  ["no API key", {}, 403, {}],
  ["another project", {}, 403, undefined, "other"],
])("an installation with %s is refused", async ([, fields, status, headers, project]) => {
  const { push, violations } = openService();
  const reply = await askInstallation(push, fields, headers, project);
  expect(reply).toMatchObject({ status, body: { error: { code: status, message: expect.any(String) } } });
  expect(violations()).toHaveLength(1);
});

test("a registration gets a token that only this service knows", async () => {
  const { push, journal, violations } = openService();
  const { fcmToken } = await registerReceiver(push);

  expect(push.isKnownToken(fcmToken)).toBe(true);
  expect(openService().push.isKnownToken(fcmToken)).toBe(false);
  expect(await push.deliver(fcmToken, { version: "2.0.0" })).toBe("queued");
  await expect(push.deliver("damaged", {})).rejects.toThrow("was not issued here");
  expect(journal.entries({ kind: "push." }).map(({ kind }) => kind)).toEqual([
    "push.checked-in",
    "push.registered",
    "push.registered",
    "push.queued",
  ]);
  expect(violations()).toEqual([]);
});

test("keys with padding and applicationPubKey null are accepted", async () => {
  const { push, violations } = openService();
  const { web, auth } = await prepareRegistration(push);
  const odd = { ...web, auth: `${web.auth}==`, p256dh: `${web.p256dh}=`, applicationPubKey: null };
  expect(await askRegistration(push, auth, odd)).toMatchObject({ status: 200 });
  expect(violations()).toEqual([]);
});

test.for<[string, Record<string, unknown>]>([
  ["a short auth", { auth: "AAAA" }],
  ["no auth", { auth: undefined }],
  ["a key off the curve", { p256dh: Buffer.alloc(65, 4).toString("base64url") }],
  ["a foreign endpoint", { endpoint: "https://fcm.googleapis.com/fcm/send/APA91b00" }],
  ["another endpoint", { endpoint: "https://example.com/" }],
  ["a sender key", { applicationPubKey: "BDOU" }],
])("a registration with %s is refused", async ([, fields]) => {
  const { push, violations } = openService();
  const { web, auth } = await prepareRegistration(push);
  const reply = await askRegistration(push, auth, { ...web, ...fields });
  expect(reply).toMatchObject({ status: 400, body: { error: { status: "INVALID_ARGUMENT" } } });
  expect(violations()).toHaveLength(1);
});

test("a registration without an installation of ours is refused", async () => {
  const { push, violations } = openService();
  const { web } = await prepareRegistration(push);
  for (const auth of ["", "foreign", "AAAA"]) {
    expect(await askRegistration(push, auth, web)).toMatchObject({ status: 401 });
  }
  expect(violations()).toHaveLength(3);
});

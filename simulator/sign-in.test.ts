// Sign-in and sessions as clients other than ring-client-api use them, and what is refused.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { type Answered, ask, sessionBody, signIn } from "./cloud-client.fixtures.ts";
import { hosts } from "./hosts.ts";

const clientId = "ring_official_android";
const basic = `Basic ${Buffer.from(`${clientId}:`).toString("base64")}`;
const start = (twoFactor: "none" | "sms" | "totp" = "none"): Promise<SimulatedRingCloud> =>
  SimulatedRingCloud.start({ accounts: [buildAccount({ twoFactor })] });

function postForm(
  cloud: SimulatedRingCloud,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answered> {
  return ask(cloud, "/oauth/token", {
    host: hosts.oauth,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", authorization: basic, ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}

const password = {
  grant_type: "password",
  client_id: clientId,
  username: "owner@example.com",
  password: "correct horse",
  scope: "client",
};

test("the Python client's forms work: password, code, and a refresh that names nothing but the token", async () => {
  await using cloud = await start("sms");

  const asked = await postForm(cloud, password);
  expect(asked.status).toBe(412);
  expect(asked.json).toEqual({ next_time_in_secs: 60, phone: "+49xxxxxxxx89", tsv_state: "sms" });
  const wrong = await postForm(cloud, password, { "2fa-support": "true", "2fa-code": "999999" });
  expect(wrong.status).toBe(400);
  expect(wrong.headers["www-authenticate"]).toContain("Verification Code");
  const right = await postForm(cloud, password, { "2fa-code": "123456", hardware_id: "python" });
  expect(right.json).toMatchObject({ expires_in: 3600, scope: "client", token_type: "Bearer" });
  const renewed = await postForm(cloud, {
    grant_type: "refresh_token",
    refresh_token: String(right.json["refresh_token"]),
  });
  expect(renewed.status).toBe(200);
  expect(cloud.journal.entries({ kind: "oauth.granted" }).at(-1)?.details["hardwareId"]).toBe("python");
  expect(cloud.journal.violations).toEqual([]);
});

test("tokens look like Ring's", async () => {
  await using cloud = await start();
  const { json } = await postForm(cloud, password, { hardware_id: "hid-1" });
  const claims = (token: unknown): unknown =>
    JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString());

  expect(claims(json["access_token"])).toMatchObject({ hardware_id: "hid-1", user_id: 48150001 });
  expect(claims(json["refresh_token"])).toMatchObject({
    type: "refresh-token",
    refresh_cid: clientId,
    refresh_scopes: ["client"],
    refresh_user_id: 48150001,
    rnd: expect.any(String),
    session_id: expect.any(String),
  });
});

test("a used refresh token is dead at once, a garbled one too; both get invalid_grant", async () => {
  await using cloud = await start();
  const token = cloud.operations.refreshToken();
  const refresh = (refresh_token: string): Promise<Answered> =>
    postForm(cloud, { grant_type: "refresh_token", refresh_token });

  expect((await refresh(token)).status).toBe(200);
  const again = await refresh(token);
  expect(again.status).toBe(401);
  expect(again.json["error"]).toBe("invalid_grant");
  expect((await refresh(`${cloud.operations.refreshToken()}x`)).status).toBe(401);
  expect((await refresh(cloud.operations.refreshToken({ wrapped: true }))).status).toBe(401);
});

test("old tokens live on when the knob says never", async () => {
  await using cloud = await SimulatedRingCloud.start({ accounts: [buildAccount()], retireOldTokens: "never" });
  const fields = { grant_type: "refresh_token", refresh_token: cloud.operations.refreshToken() };

  expect((await postForm(cloud, fields)).status).toBe(200);
  expect((await postForm(cloud, fields)).status).toBe(200);
});

test("the eleventh code within ten minutes is refused, an authenticator needs none sent", async () => {
  await using cloud = await start("sms");
  for (let count = 0; count < 10; count++) expect((await postForm(cloud, password)).status).toBe(412);
  const refused = await postForm(cloud, password);
  expect(refused.status).toBe(429);
  expect(refused.json["error_description"]).toBe("too many requests from dependency service");

  await using other = await start("totp");
  for (let count = 0; count < 11; count++) expect((await postForm(other, password)).status).toBe(412);
});

test("malformed token requests are violations", async () => {
  await using cloud = await start();
  const post = (body: string): Promise<Answered> =>
    ask(cloud, "/oauth/token", {
      host: hosts.oauth,
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });

  expect((await post("{")).status).toBe(400);
  expect((await post(JSON.stringify({ grant_type: "password" }))).status).toBe(400);
  expect((await post(JSON.stringify({ client_id: clientId, grant_type: "magic" }))).json["error"]).toBe(
    "unsupported_grant_type",
  );
  expect(cloud.journal.violations).toHaveLength(3);
});

test("a request without token, with a wrong one, by a wrong method or to an unknown host is a violation", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);

  expect((await ask(cloud, "/clients_api/ring_devices")).status).toBe(401);
  expect(
    (await ask(cloud, "/clients_api/ring_devices", { headers: { authorization: "Bearer nonsense" } })).status,
  ).toBe(401);
  expect((await client.send("DELETE", "/clients_api/ring_devices")).status).toBe(405);
  expect((await client.get("/", { host: hosts.pushDelivery })).status).toBe(404);
  expect(cloud.journal.violations.map(({ details }) => details["what"])).toEqual([
    "missing Authorization",
    "wrong bearer token",
    "unknown request: wrong method",
    "unknown request: unknown host",
  ]);
});

test("an unknown hardware id gets the 404 that names it; subscribing before a session is out of order, after a lost one it is not", async () => {
  await using cloud = await start();
  const client = await signIn(cloud, "known");
  const stranger = { headers: { ...client.headers, hardware_id: "stranger" } };

  const listed = await client.get("/clients_api/ring_devices", stranger);
  expect([listed.status, listed.json["error"]]).toEqual([404, "Session not found for stranger"]);
  expect(cloud.journal.violations).toEqual([]);
  await client.send("POST", "/clients_api/doorbots/48151101/subscribe", undefined, stranger);
  expect(cloud.journal.violations).toHaveLength(1);

  expect(cloud.operations.loseSessions()).toBe(1);
  expect((await client.send("POST", "/clients_api/doorbots/48151101/subscribe")).status).toBe(404);
  expect(cloud.journal.violations).toHaveLength(1);
});

test("sessions and tokens outlive a restart with the same state directory", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "simulated-ring-state-"));
  const options = { accounts: [buildAccount()], stateDirectory };
  const first = await SimulatedRingCloud.start(options);
  const client = await signIn(first);
  await first[Symbol.asyncDispose]();
  await using second = await SimulatedRingCloud.start(options);

  expect(second.caPem).toBe(first.caPem);
  const listed = await ask(second, "/clients_api/ring_devices", { headers: client.headers });
  expect(listed.status).toBe(200);
  await rm(stateDirectory, { recursive: true });
});

test("a push token that was never issued is a violation, answered with 204 all the same", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const reply = await client.send("PATCH", "/clients_api/device", {
    device: { metadata: { pn_service: "fcm" }, os: "android", push_notification_token: "made up" },
  });

  expect(reply.status).toBe(204);
  expect(cloud.journal.violations[0]?.details["what"]).toBe("a push token that was never issued");
});

test("sessionBody is what the session wants: without os it is a violation", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const { device } = sessionBody("x") as { device: Record<string, unknown> };
  const { os: _os, ...rest } = device;

  expect((await client.send("POST", "/clients_api/session", { device: rest })).status).toBe(201);
  expect(cloud.journal.violations).toHaveLength(1);
});

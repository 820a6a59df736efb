import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { type PageAnswer, PageClient } from "../support/page-client.ts";
import { PageEvents } from "../support/page-events.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { VideoReader } from "../support/video-reader.ts";

const test = plainTest.skipIf(!hasMosquitto);
const pagePassword = "the page's own password";

/** Opens the page of a fresh Belfry with the code from its log. */
async function openPage(belfry: BelfryProcess): Promise<PageClient> {
  const line = await belfry.waitForLine(/set-up code [A-Z0-9]{4}-[A-Z0-9]{4}/);
  const client = new PageClient(belfry.webPort);
  const code = /set-up code ([A-Z0-9]{4}-[A-Z0-9]{4})/.exec(line)?.[1] ?? "";
  expect((await client.post("/api/page/set-up", { code, password: pagePassword })).status).toBe(204);
  return client;
}

function codesOf(answers: readonly PageAnswer[]): unknown[] {
  return answers.map(({ json }) => [json["kind"], json["code"]]);
}

test("from the first start to a camera that plays: wrong password, wrong code, right ones, without a restart", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry({ settings: { log_level: "debug" } });
  const { observer } = home;
  await observer.waitFor("the bridge being online", "ring/bridge/status", { payload: "online" });
  await observer.waitFor("not signed in", /\/connectivity\/state$/, { payload: "OFF" });
  const needed = /^ring\/bridge\/.*\/sign_in_needed\/state$/;
  await observer.waitFor("the problem in Home Assistant", needed, { payload: "ON" });
  const client = await openPage(belfry);
  using events = await PageEvents.open(belfry.webPort, { cookie: client.cookie ?? "" });
  const first = await events.waitFor("signed out", ({ signIn }) => signIn.state === "signed-out");
  expect(first.problems).toEqual([expect.objectContaining({ id: "sign-in" })]);

  const { email, password, two_factor_code } = home.account.credentials;
  const start = (word: string) => client.post("/api/ring/sign-in", { email: ` ${email} `, password: word });
  const confirm = (attempt: unknown, code: string) => client.post("/api/ring/code", { attempt: String(attempt), code });
  const wrong = await start("not the password");
  expect(wrong.json).toEqual({ kind: "failed", code: "sign-in.wrong-password", text: expect.any(String) });
  const begun = await start(password);
  expect(begun.json).toMatchObject({
    kind: "code-needed",
    channel: "sms",
    prompt: expect.stringContaining("text message"),
  });
  const { attempt } = begun.json;
  expect(codesOf([await confirm(attempt, "000000")])).toEqual([["failed", "sign-in.wrong-code"]]);
  expect(codesOf([await confirm("another", two_factor_code)])).toEqual([["failed", "sign-in.not-started"]]);
  expect((await confirm(attempt, ` ${two_factor_code} `)).json).toEqual({ kind: "signed-in" });

  await home.allAvailable();
  await observer.waitFor("signed in", /\/connectivity\/state$/, { payload: "ON" });
  expect(observer.latestOf(needed).map(({ text }) => text)).toEqual(["OFF"]);
  const all = home.cameras.length;
  const alive = await events.waitFor(
    "all cameras",
    (it) => it.cameras.length === all && it.push.isHealthy && it.broker.isConnected,
  );
  expect(alive.problems.map(({ id }) => id).filter((id) => !/^(offline|battery)-/.test(id))).toEqual([]);
  const camera = home.camera("front-door");
  await home.cloud.operations.pressDoorbell("front-door");
  await events.waitFor("the doorbell", ({ cameras }) => cameras.some(({ lastEvent }) => lastEvent?.kind === "ding"));
  {
    await using reader = new VideoReader(belfry.rtspUrl(camera.record.device_id));
    await reader.frame(5);
    await events.waitFor("a viewer", ({ cameras }) =>
      cameras.some(
        ({ id, stream }) => id === camera.record.device_id && stream.state === "ready" && stream.viewers === 1,
      ),
    );
  }
  // The code is of no more use, and nothing that was entered is kept or logged, at the noisiest level.
  expect(codesOf([await confirm(attempt, two_factor_code)])).toEqual([["failed", "sign-in.not-started"]]);
  const kept = await readFile(join(home.dataDirectory, "state.json"), "utf8");
  const log = belfry.lines.join("\n");
  for (const secret of [password, "not the password", pagePassword]) {
    expect(kept).not.toContain(secret);
    expect(log).not.toContain(secret);
  }
  expect(log).not.toContain(email);
  expect(home.cloud.journal.violations).toEqual([]);
  expect((await belfry.stop()).code).toBe(0);
});

test("sign-out stops everything at once, and a new sign-in brings it back, all in one life of the process", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const client = await openPage(belfry);
  using events = await PageEvents.open(belfry.webPort, { cookie: client.cookie ?? "" });
  await events.waitFor("signed in", ({ signIn, push }) => signIn.state === "signed-in" && push.isHealthy);
  const from = home.observer.position;
  expect((await client.post("/api/ring/sign-out")).status).toBe(204);
  await home.observer.waitFor("signed out", /\/connectivity\/state$/, { payload: "OFF", from });
  const seen = events.documents.length;
  await events.waitFor("signed out", ({ signIn, push }) => signIn.state === "signed-out" && !push.isHealthy);
  expect(
    events.documents.slice(seen - 1).filter(({ signIn }) => signIn.state === "signed-in").length,
  ).toBeLessThanOrEqual(1);
  expect(await readFile(join(home.dataDirectory, "state.json"), "utf8")).not.toMatch(/refreshToken/);

  const { email, password, two_factor_code } = home.account.credentials;
  const begun = await client.post("/api/ring/sign-in", { email, password });
  const done = await client.post("/api/ring/code", { attempt: String(begun.json["attempt"]), code: two_factor_code });
  expect(done.json).toEqual({ kind: "signed-in" });
  const again = home.observer.position;
  await home.observer.waitFor("signed in again", /\/connectivity\/state$/, { payload: "ON", from });
  await home.cloud.journal.waitFor("the push receiver", ({ kind }) => kind === "push.connected");
  await home.cloud.operations.pressDoorbell("front-door");
  await home.observer.waitFor("the doorbell", home.topic(home.camera("front-door"), "ding", "state"), {
    payload: "ON",
    from: again,
  });
  expect(home.cloud.journal.violations).toEqual([]);
});

test("a session that Ring ends later asks for a new sign-in, which is all that it needs", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const client = await openPage(belfry);
  using events = await PageEvents.open(belfry.webPort, { cookie: client.cookie ?? "" });
  home.cloud.operations.revokeRefreshTokens();
  home.cloud.operations.expireAccessTokens();
  const refused = await events.waitFor("the refusal", ({ signIn }) => signIn.state === "refused", 45_000);
  expect(refused.problems[0]).toMatchObject({ id: "sign-in", remedy: expect.stringContaining("Sign in again") });
  home.cloud.operations.turnAccountKnobs(undefined, { twoFactor: "none" });
  const { email, password } = home.account.credentials;
  expect((await client.post("/api/ring/sign-in", { email, password })).json).toEqual({ kind: "signed-in" });
  const before = events.documents.length;
  await events.waitFor("signed in again", (document) => {
    return (
      events.documents.indexOf(document) >= before && document.signIn.state === "signed-in" && document.push.isHealthy
    );
  });
});

test("Ring's blocks are told with their end, respected, and remembered over a restart", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  const client = await openPage(belfry);
  const { email, password } = home.account.credentials;
  const start = (page: PageClient) => page.post("/api/ring/sign-in", { email, password });
  home.cloud.operations.failNextRequests({
    path: "oauth",
    times: 1,
    status: 429,
    headers: { "retry-after": "1200" },
    body: "<html>",
  });
  const blocked = await start(client);
  expect(blocked.json).toMatchObject({ kind: "failed", code: "sign-in.blocked" });
  const until = Number(blocked.json["retryAt"]);
  expect(until - Date.now()).toBeGreaterThan(1_100_000);
  expect(until - Date.now()).toBeLessThanOrEqual(1_200_000);
  const asked = (): number => home.cloud.journal.entries({ kind: "http.answered" }).length;
  const before = asked();
  expect((await start(client)).json).toMatchObject({ code: "sign-in.blocked", retryAt: until });
  await belfry.stop();
  const second = await home.startBelfry();
  await second.waitForLine(/Belfry's page/);
  const later = new PageClient(second.webPort);
  later.cookie = client.cookie;
  expect((await start(later)).json).toMatchObject({ code: "sign-in.blocked", retryAt: until });
  expect(asked()).toBe(before);
});

test("Ring away or odd is told as such; e-mail and authenticator codes are asked for by their name", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  const client = await openPage(belfry);
  const { email, password } = home.account.credentials;
  const { operations } = home.cloud;
  const start = async () => (await client.post("/api/ring/sign-in", { email, password })).json;
  operations.failNextRequests({ path: "oauth", times: 1, reset: true });
  expect(await start()).toMatchObject({ kind: "failed", code: "ring.unreachable" });
  operations.failNextRequests({ path: "oauth", times: 1, status: 503, body: "<html>busy</html>" });
  expect(await start()).toMatchObject({ kind: "failed", code: "ring.unavailable" });
  operations.turnAccountKnobs(undefined, { twoFactor: "email" });
  expect(await start()).toMatchObject({ channel: "email", prompt: expect.stringContaining("e-mail") });
  operations.turnAccountKnobs(undefined, { twoFactor: "totp" });
  expect(await start()).toMatchObject({ channel: "totp", prompt: expect.stringContaining("authenticator") });
});

test("as an app: the machine itself gets its health and nothing else, whatever the settings say", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const environment = { SUPERVISOR_TOKEN: "a-token-of-the-supervisor" };
  const belfry = await home.startBelfry({ settings: { web_bind: "127.0.0.1" }, environment });
  await belfry.waitForLine(/no token is stored/);
  await home.observer.waitFor("the bridge being online", "ring/bridge/status", { payload: "online" });
  const client = new PageClient(belfry.webPort);
  expect((await client.get("/healthz")).json).toEqual({ status: "ok" });
  const forged = { "x-forwarded-for": "172.30.32.2", "x-ingress-path": "/x" };
  for (const path of ["/", "/api/session", "/api/status"]) expect((await client.get(path, forged)).status).toBe(403);
  expect(belfry.countLines(/set-up code/)).toBe(0);
});

import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/foundation/clock.ts";
import { Emitter } from "../../src/foundation/emitter.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import type { WebAccess } from "../../src/web/access.ts";
import type { HouseStatus } from "../../src/web/house-status.ts";
import type { LockSecrets } from "../../src/web/page-lock.ts";
import type { SignInStep } from "../../src/web/sign-in-service.ts";
import type { WebLimits } from "../../src/web/web-limits.ts";
import { WebServer } from "../../src/web/web-server.ts";
import { PageClient } from "../support/page-client.ts";
import { PageEvents } from "../support/page-events.ts";

const password = "a long enough password";

interface House {
  readonly server: WebServer;
  readonly client: PageClient;
  readonly lines: readonly { readonly line: string }[];
  readonly secrets: () => LockSecrets;
  readonly asked: string[];
  readonly change: (part: Partial<HouseStatus>) => void;
  isWell: boolean;
}

interface HouseOptions {
  readonly access?: WebAccess;
  readonly limits?: Partial<WebLimits>;
  readonly secrets?: LockSecrets;
}

/** A page over sources that are played by the test. */
async function open({ access = { kind: "standalone" }, limits = {}, secrets }: HouseOptions = {}): Promise<House> {
  const { logger, lines } = recordingLogger();
  const changed = new Emitter<void>();
  const asked: string[] = [];
  let kept: LockSecrets = secrets ?? { sessions: [] };
  let status = calm();
  const directory = await builtPage();
  const step: SignInStep = { kind: "code-needed", attempt: "one", channel: "sms", prompt: "Enter the code" };
  const server = await WebServer.listen(
    {
      host: "127.0.0.1",
      port: 0,
      access,
      pageDirectory: directory,
      version: "1.2.3",
      signIn: {
        start: async (email) => {
          asked.push(`start ${email}`);
          return step;
        },
        confirm: async (attempt, code) => {
          asked.push(`confirm ${attempt} ${code}`);
          return { kind: "failed", code: "sign-in.wrong-code", text: "wrong" };
        },
        signOut: async () => void asked.push("sign out"),
      },
      status: { read: () => status, changed },
      health: {
        get isWell() {
          return house.isWell;
        },
      },
      lockMemory: {
        read: () => kept,
        write: (next) => {
          kept = next;
        },
      },
      limits,
    },
    { clock: systemClock, logger },
  );
  const house: House = {
    server,
    client: new PageClient(server.port),
    lines,
    secrets: () => kept,
    asked,
    change: (part) => {
      status = { ...status, ...part, at: Date.now() };
      changed.emit();
    },
    isWell: true,
  };
  onTestFinished(() => server[Symbol.asyncDispose]());
  return house;
}

async function builtPage(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "belfry-page-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "assets"));
  await writeFile(
    join(directory, "index.html"),
    '<!doctype html><script type="module" src="./assets/main-abcdefgh.js"></script>',
  );
  await writeFile(join(directory, "assets/main-abcdefgh.js"), `console.log("${"long ".repeat(200)}");`);
  return directory;
}

function calm(): HouseStatus {
  return {
    version: "1.2.3",
    at: Date.now(),
    signIn: { state: "signed-in" },
    push: { isHealthy: true },
    broker: { isConnected: true, address: "mqtt://broker:1883" },
    engine: { name: "built-in", isHealthy: true, rtspPort: 8554, hasSound: true },
    cameras: [],
  };
}

/** Sets the password; the client is logged in then. */
async function setUp({ server, client }: House): Promise<void> {
  const answer = await client.post("/api/page/set-up", { code: server.setUpCode ?? "", password });
  expect(answer.status).toBe(204);
}

const ingress = (...proxies: string[]): WebAccess => ({ kind: "ingress", proxies });

test("as an app only the ingress address is answered, and health checks of the machine itself", async () => {
  const { server, asked } = await open({ access: ingress("127.0.0.2") });
  const proxy = new PageClient(server.port, "127.0.0.2");
  expect((await proxy.get("/api/session")).json).toEqual({ mode: "app", page: "open", version: "1.2.3" });
  expect((await proxy.get("/api/status")).status).toBe(200);
  for (const from of ["127.0.0.1", "127.0.0.3"]) {
    const stranger = new PageClient(server.port, from);
    const forged = {
      "x-forwarded-for": "127.0.0.2",
      "x-ingress-path": "/api/hassio_ingress/x",
      "x-real-ip": "127.0.0.2",
    };
    for (const path of [
      "/",
      "/api/session",
      "/api/status",
      "/api/events",
      "/assets/main-abcdefgh.js",
      "/healthz/",
      "/healthz?x",
    ]) {
      const answer = await stranger.get(path, forged);
      expect([path, answer.status, answer.json["code"]]).toEqual([path, 403, "web.address"]);
    }
    expect((await stranger.post("/api/ring/sign-in", { email: "a@b", password: "c" }, forged)).status).toBe(403);
    expect((await stranger.post("/healthz")).status).toBe(403);
  }
  expect((await new PageClient(server.port, "127.0.0.1").get("/healthz")).status).toBe(200);
  expect((await new PageClient(server.port, "127.0.0.3").get("/healthz")).status).toBe(403);
  expect(asked).toEqual([]);
});

test("as an app there is no login of the page and nothing of one is kept", async () => {
  const { server, secrets } = await open({ access: ingress("127.0.0.1") });
  expect(server.setUpCode).toBeUndefined();
  const { status } = await new PageClient(server.port).post("/api/page/set-up", { code: "x", password });
  expect(status).toBe(404);
  expect(secrets()).toEqual({ sessions: [] });
});

test("before there is a password the set-up code opens the page, once", async () => {
  const house = await open();
  const { server, client, secrets } = house;
  const code = server.setUpCode ?? "";
  expect(code).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);
  expect((await client.get("/api/session")).json["page"]).toBe("new");
  expect((await client.get("/api/status")).json["code"]).toBe("web.locked");
  expect((await client.post("/api/page/set-up", { code: "AAAA-AAAA", password })).json["code"]).toBe("web.set-up-code");
  expect((await client.post("/api/page/set-up", { code, password: "short" })).json["code"]).toBe("web.weak-password");
  const typed = code.toLowerCase().replace("-", " ");
  const done = await client.post("/api/page/set-up", { code: typed, password });
  expect(done.status).toBe(204);
  const [cookie = ""] = done.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  expect((await client.get("/api/status")).json["version"]).toBe("1.2.3");
  expect((await client.post("/api/page/set-up", { code, password })).json["code"]).toBe("web.already-set-up");
  expect(secrets().passwordHash).toMatch(/^scrypt\$32768\$8\$1\$/);
  expect(JSON.stringify(secrets())).not.toContain(password);
  // Nor is the session id itself kept.
  expect(JSON.stringify(secrets())).not.toContain(client.cookie?.split("=")[1] ?? "?");
});

test("with a password: log in, log out, log in after a restart, change it", async () => {
  const first = await open();
  await setUp(first);
  const second = await open({ secrets: first.secrets() });
  const { client } = second;
  expect(second.server.setUpCode).toBeUndefined();
  expect((await client.get("/api/session")).json["page"]).toBe("locked");
  // The session outlives the restart.
  client.cookie = first.client.cookie;
  expect((await client.get("/api/session")).json["page"]).toBe("open");
  expect((await client.post("/api/page/log-out")).status).toBe(204);
  client.cookie = first.client.cookie;
  expect((await client.get("/api/status")).status).toBe(401);
  expect((await client.post("/api/page/log-in", { password: "wrong password" })).json["code"]).toBe("web.password");
  expect((await client.post("/api/page/log-in", { password })).status).toBe(204);
  const other = new PageClient(second.server.port);
  await other.post("/api/page/log-in", { password });
  const change = { current: password, password: "another good password" };
  expect((await client.post("/api/page/password", { ...change, current: "no" })).json["code"]).toBe("web.password");
  expect((await client.post("/api/page/password", change)).status).toBe(204);
  expect((await client.get("/api/status")).status).toBe(200);
  expect((await other.get("/api/status")).status).toBe(401);
  expect((await other.post("/api/page/log-in", { password })).status).toBe(403);
  expect((await other.post("/api/page/log-in", { password: change.password })).status).toBe(204);
});

test("orders that another site could make a browser send are refused", async () => {
  const house = await open();
  await setUp(house);
  const { client, asked, server } = house;
  const refused = async (headers: Record<string, string>): Promise<unknown> =>
    (await client.send("/api/ring/sign-out", { method: "POST", headers })).json["code"];
  const own = `http://127.0.0.1:${server.port}`;
  expect(await refused({})).toBe("web.origin");
  expect(await refused({ origin: "http://evil.example" })).toBe("web.origin");
  expect(await refused({ "x-belfry-request": "1", origin: "http://evil.example" })).toBe("web.origin");
  expect(await refused({ "x-belfry-request": "1", origin: "null" })).toBe("web.origin");
  expect(await refused({ "x-belfry-request": "1", origin: own, "sec-fetch-site": "cross-site" })).toBe("web.origin");
  expect(await refused({ "x-belfry-request": "1", origin: own, "sec-fetch-site": "same-site" })).toBe("web.origin");
  expect(await refused({ origin: own, "sec-fetch-site": "same-origin" })).toBe("web.origin");
  expect(asked).toEqual([]);
  const preflight = await client.send("/api/ring/sign-out", {
    method: "OPTIONS",
    headers: { origin: "http://evil.example" },
  });
  expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
  expect(preflight.status).toBe(403);
  // Behind a proxy that has its own name; browsers without Sec-Fetch-Site.
  const proxied = { "x-belfry-request": "1", origin: "https://belfry.example", "x-forwarded-host": "belfry.example" };
  expect((await client.send("/api/ring/sign-out", { method: "POST", headers: proxied })).status).toBe(204);
  expect(
    (await client.send("/api/ring/sign-out", { method: "POST", headers: { "x-belfry-request": "1", origin: own } }))
      .status,
  ).toBe(204);
  expect(asked).toEqual(["sign out", "sign out"]);
});

test("only bodies that the page sends are read, and only small ones", async () => {
  const house = await open();
  await setUp(house);
  const { client, asked } = house;
  const send = async (body: object | string, headers: Record<string, string> = {}) => {
    const mark = { "x-belfry-request": "1", ...headers };
    const answer = await client.send("/api/ring/sign-in", { method: "POST", headers: mark, body });
    return [answer.status, answer.json["code"]];
  };
  expect(await send({ email: "a@b", password: "x".repeat(20_000) })).toEqual([413, "web.too-large"]);
  expect(await send({ email: "a@b" })).toEqual([400, "web.malformed"]);
  expect(await send({ email: "a@b", password: 5 })).toEqual([400, "web.malformed"]);
  expect(await send({ email: "a@b", password: "x", more: 1 })).toEqual([400, "web.malformed"]);
  expect(await send({ email: "a@b", password: "x".repeat(300) })).toEqual([400, "web.malformed"]);
  expect(await send("{", { "content-type": "application/json" })).toEqual([400, "web.malformed"]);
  expect(await send("email=a&password=b", { "content-type": "application/x-www-form-urlencoded" })).toEqual([
    415,
    "web.malformed",
  ]);
  expect(await send("{}", { "content-type": "text/plain" })).toEqual([415, "web.malformed"]);
  expect(asked).toEqual([]);
  expect(await send({ email: "a@b", password: "x" })).toEqual([200, undefined]);
  expect(asked).toEqual(["start a@b"]);
});

test("who guesses is stopped, and told until when; others are not", async () => {
  const { server } = await open({ limits: { lock: { max: 3, timeWindow: 60_000 } } });
  const guess = (client: PageClient) => client.post("/api/page/set-up", { code: "AAAA-AAAA", password });
  const guesser = new PageClient(server.port, "127.0.0.5");
  for (let count = 0; count < 3; count++) expect((await guess(guesser)).status).toBe(403);
  const stopped = await guess(guesser);
  expect([stopped.status, stopped.json["code"]]).toEqual([429, "web.too-many"]);
  expect(Number(stopped.json["retryAt"])).toBeGreaterThan(Date.now());
  expect(Number(stopped.headers["retry-after"])).toBeGreaterThan(0);
  // Nor does the right code help now.
  expect((await guesser.post("/api/page/set-up", { code: server.setUpCode ?? "", password })).status).toBe(429);
  expect((await guess(new PageClient(server.port, "127.0.0.6"))).status).toBe(403);
});

test("every answer carries the headers that forbid what the page does not need", async () => {
  const standalone = await open();
  for (const path of ["/", "/api/session", "/nothing", "/api/status"]) {
    const { headers } = await standalone.client.get(path);
    expect(headers["content-security-policy"], path).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["x-frame-options"], path).toBe("DENY");
    expect(headers["referrer-policy"], path).toBe("no-referrer");
    expect(headers["x-powered-by"], path).toBeUndefined();
  }
  expect((await standalone.client.get("/api/session")).headers["cache-control"]).toBe("no-store");
  const app = await open({ access: ingress("127.0.0.1") });
  const { headers } = await app.client.get("/");
  expect(headers["content-security-policy"]).toContain("frame-ancestors 'self'");
  expect(headers["x-frame-options"]).toBe("SAMEORIGIN");
});

test("the page's files: only those that were built, compressed, kept by browsers", async () => {
  const { client } = await open();
  const index = await client.get("/");
  expect(index.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(index.headers["cache-control"]).toBe("no-cache");
  expect(index.text).not.toMatch(/(?:src|href)="\//);
  const script = await client.get("/assets/main-abcdefgh.js", { "accept-encoding": "gzip, br" });
  expect(script.headers["content-encoding"]).toBe("gzip");
  expect(script.headers["cache-control"]).toContain("immutable");
  const again = await client.get("/assets/main-abcdefgh.js", { "if-none-match": String(script.headers["etag"]) });
  expect([again.status, again.text]).toEqual([304, ""]);
  for (const path of [
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/..%2f..%2fetc/passwd",
    "/assets/",
    "/index.htm",
  ]) {
    expect((await client.get(path)).status, path).toBe(404);
  }
});

test("the status comes live, with what to do, to those who are logged in", async () => {
  const house = await open();
  await setUp(house);
  const { server, client, change } = house;
  await expect(PageEvents.open(server.port)).rejects.toThrow("401");
  using events = await PageEvents.open(server.port, { cookie: client.cookie ?? "" });
  expect(events.headers["content-type"]).toBe("text/event-stream");
  expect(events.headers["content-security-policy"]).toContain("default-src 'none'");
  expect((await events.waitFor("no problem", () => true)).problems).toEqual([]);
  change({ signIn: { state: "refused", reason: "Ring does not accept the stored token" } });
  const { problems } = await events.waitFor("a problem", (status) => status.problems.length > 0);
  expect(problems).toEqual([
    expect.objectContaining({ id: "sign-in", severity: "error", remedy: expect.stringContaining("Sign in again") }),
  ]);
  // Many changes at once are one message.
  const before = events.documents.length;
  for (let count = 0; count < 50; count++)
    change({ broker: { isConnected: count % 2 === 0, address: `mqtt://b:${count}` } });
  await events.waitFor("the last change", ({ broker }) => broker.address === "mqtt://b:49");
  expect(events.documents.length).toBe(before + 1);
  // Logged out: no more news.
  await client.post("/api/page/log-out");
  change({ signIn: { state: "signed-out" } });
  await events.ended;
  expect(events.documents.some(({ signIn }) => signIn.state === "signed-out")).toBe(false);
});

test("so many pages may be open, and all are closed at the end", async () => {
  const { server } = await open({ access: ingress("127.0.0.1"), limits: { eventStreams: 2 } });
  const one = await PageEvents.open(server.port);
  const two = await PageEvents.open(server.port);
  await expect(PageEvents.open(server.port)).rejects.toThrow("503");
  await Promise.all([server[Symbol.asyncDispose](), one.ended, two.ended]);
});

test("health: 200 while the process works, 503 when a part does not, and nothing else, as anybody may ask", async () => {
  const house = await open();
  const { client } = house;
  const ask = async () => {
    const { status, text } = await client.get("/healthz");
    return [status, text];
  };
  const well = [200, '{"status":"ok"}'];
  const unwell = [503, '{"status":"unwell"}'];
  expect(await ask()).toEqual(well);
  // Ring or the broker being away is no reason to restart us.
  house.change({ signIn: { state: "refused" }, broker: { isConnected: false, address: "mqtt://b:1" } });
  expect(await ask()).toEqual(well);
  house.isWell = false;
  expect(await ask()).toEqual(unwell);
  house.isWell = true;
  expect(await ask()).toEqual(well);
  // It is not well where nothing gets its turn, whoever asked first.
  const until = performance.now() + 6_500;
  for (let now = 0; now < until; ) now = performance.now();
  expect([await ask(), await ask()]).toEqual([unwell, unwell]);
});

test("nothing of what is entered gets into the log", async () => {
  const house = await open();
  await setUp(house);
  const { client, lines } = house;
  await client.post("/api/ring/sign-in", { email: "somebody@example.com", password: "the ring secret" });
  await client.post("/api/ring/code", { attempt: "one", code: "987654" });
  await client.post("/api/page/log-in", { password: "a wrong guess" });
  const log = lines.map(({ line }) => line).join("\n");
  expect(log).toMatch(/wrong password on the page/);
  expect(log).not.toMatch(/somebody@example|ring secret|987654|wrong guess|long enough/);
});

test("raw connections with rubbish or silence do no harm", async () => {
  const { server, client } = await open();
  const rubbish = connect(server.port, "127.0.0.1");
  rubbish.end("GET / HTTP/9\r\n\x00\x01\r\n\r\n");
  rubbish.resume();
  await once(rubbish, "close");
  expect((await client.get("/healthz")).status).toBe(200);
});

test("a taken port is told by its code", async () => {
  const { server } = await open();
  const { logger } = recordingLogger();
  const changed = new Emitter<void>();
  const options = {
    host: "127.0.0.1",
    port: server.port,
    access: ingress("127.0.0.1"),
    pageDirectory: "/nowhere",
    version: "1",
    signIn: { start: refuse, confirm: refuse, signOut: async () => undefined },
    status: { read: calm, changed },
    health: { isWell: true },
    lockMemory: { read: () => ({ sessions: [] }), write: () => undefined },
  };
  const deps = { clock: systemClock, logger };
  await expect(WebServer.listen(options, deps)).rejects.toMatchObject({ code: "web.port-taken" });
  await expect(WebServer.listen({ ...options, host: "203.0.113.1" }, deps)).rejects.toMatchObject({
    code: "web.listen",
  });
  // A page that was never built is said to who asks for it.
  await using unbuilt = await WebServer.listen({ ...options, port: 0 }, deps);
  const answer = await new PageClient(unbuilt.port).get("/");
  expect([answer.status, answer.text]).toEqual([503, expect.stringContaining("npm run build:page")]);
});

const refuse = async (): Promise<SignInStep> => ({ kind: "failed", code: "x", text: "x" });

import { once } from "node:events";
import { createServer, request } from "node:http";
import { createDeflate } from "node:zlib";
import type { FrameLocator } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/foundation/clock.ts";
import { Emitter } from "../../../src/foundation/emitter.ts";
import { silentLogger } from "../../../src/foundation/logger.fake.ts";
import type { HouseStatus } from "../../../src/web/house-status.ts";
import { WebServer } from "../../../src/web/web-server.ts";
import { repositoryRoot } from "../../support/source-files.ts";
import { checkAccess, type OpenBrowser, startBrowser } from "./browser.ts";

const base = "/api/hassio_ingress/abcdefghijklmnop";
let browser: OpenBrowser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

interface ProxyOptions {
  /** As Home Assistant before 2026.2: what has no length is compressed and kept until enough has come together. */
  readonly holdsBackEvents?: boolean;
}

/** As Home Assistant does it: a path of its own in front, cut off on the way; the page in a frame of another page. */
async function proxy(port: number, { holdsBackEvents = false }: ProxyOptions = {}): Promise<number> {
  const server = createServer((incoming, outgoing) => {
    const { url = "/", method, headers } = incoming;
    if (url === "/favicon.ico") {
      outgoing.writeHead(204).end();
      return;
    }
    if (url === "/") {
      outgoing.setHeader("content-type", "text/html");
      outgoing.end(
        `<!doctype html><title>Home Assistant</title><iframe title="Belfry" src="${base}/" width="900" height="800"></iframe>`,
      );
      return;
    }
    if (!url.startsWith(`${base}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const passed = {
      ...headers,
      host: `127.0.0.1:${port}`,
      "x-forwarded-host": headers.host ?? "",
      "x-ingress-path": base,
    };
    const onward = request({
      host: "127.0.0.1",
      port,
      localAddress: "127.0.0.2",
      path: url.slice(base.length),
      method,
      headers: passed,
    });
    onward.once("response", (response) => {
      const isHeldBack = holdsBackEvents && response.headers["content-length"] === undefined;
      const encoding = isHeldBack ? { "content-encoding": "deflate" } : {};
      outgoing.writeHead(response.statusCode ?? 502, { ...response.headers, ...encoding });
      if (isHeldBack) response.pipe(createDeflate()).pipe(outgoing);
      else response.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Belfry's page as an app has it, over a house that the test plays. */
async function startPage() {
  const changed = new Emitter<void>();
  const asked: string[] = [];
  let status: HouseStatus = {
    version: "1.2.3",
    at: Date.now(),
    signIn: { state: "signed-out" },
    push: { isHealthy: false },
    broker: { isConnected: true, address: "mqtt://core-mosquitto:1883" },
    engine: { name: "built-in", isHealthy: true, rtspPort: 8554, hasSound: true },
    cameras: [],
  };
  const server = await WebServer.listen(
    {
      host: "127.0.0.1",
      port: 0,
      access: { kind: "ingress", proxies: ["127.0.0.2"] },
      pageDirectory: `${repositoryRoot}/dist/page`,
      version: "1.2.3",
      signIn: {
        start: async (email) => {
          asked.push(email);
          return {
            kind: "code-needed",
            attempt: "one",
            channel: "totp",
            prompt: "Enter the code from your authenticator app",
          };
        },
        confirm: async (attempt, code) => {
          asked.push(`${attempt} ${code}`);
          status = { ...status, signIn: { state: "signed-in" }, push: { isHealthy: true } };
          changed.emit();
          return { kind: "signed-in" };
        },
        signOut: async () => undefined,
      },
      status: { read: () => ({ ...status, at: Date.now() }), changed },
      health: { isWell: true },
      lockMemory: { read: () => ({ sessions: [] }), write: () => undefined },
    },
    { clock: systemClock, logger: silentLogger },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { port: server.port, asked };
}

test("behind ingress: below any path, in a frame, without a login of its own, live", async () => {
  const belfry = await startPage();
  const port = await proxy(belfry.port);
  const { page, complaints } = await browser.open(`http://127.0.0.1:${port}/`);
  const frame = page.frameLocator("iframe");
  await signIn(frame);
  await frame.getByText("Everything works.").waitFor();
  expect(belfry.asked).toEqual(["owner@example.com", "one 123456"]);
  expect(complaints).toEqual([]);
  await page.goto(`http://127.0.0.1:${port}${base}/`);
  await page.getByText("Everything works.").waitFor();
  await checkAccess(page);
});

test("behind an ingress that holds events back one can sign in all the same, and sees what changes", async () => {
  const belfry = await startPage();
  const port = await proxy(belfry.port, { holdsBackEvents: true });
  const { page, complaints } = await browser.open(`http://127.0.0.1:${port}/`);
  const frame = page.frameLocator("iframe");
  await signIn(frame);
  await frame.getByText("Everything works.").waitFor();
  expect(belfry.asked).toEqual(["owner@example.com", "one 123456"]);
  expect(await frame.getByText("The connection to Belfry is lost").count()).toBe(0);
  expect(complaints).toEqual([]);
});

async function signIn(frame: FrameLocator): Promise<void> {
  await frame.getByRole("heading", { name: "Sign in to Ring" }).waitFor();
  expect(await frame.getByRole("button", { name: "Log out" }).count()).toBe(0);
  await frame.getByLabel("E-mail address").fill("owner@example.com");
  await frame.getByLabel("Password", { exact: true }).fill("something");
  await frame.getByRole("button", { name: "Sign in" }).click();
  await frame.getByText("Enter the code from your authenticator app").waitFor();
  await frame.getByLabel("Code", { exact: true }).fill("123456");
  await frame.getByRole("button", { name: "Confirm" }).click();
}

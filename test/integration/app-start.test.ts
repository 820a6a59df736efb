// What can be seen and done while Belfry starts, before its streams are there.
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import type { BelfryProcess, ProcessExit } from "../support/belfry-process.ts";
import { hasMosquitto, retainedUnder } from "../support/mosquitto.ts";
import { PageClient } from "../support/page-client.ts";
import { descendantsOf } from "../support/process-list.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { until } from "../support/until.ts";

/** Belfry's own code must be loaded first. */
const patience = { timeoutMs: 30_000 };
const test = plainTest.skipIf(!hasMosquitto);

/** Belfry with a program in place of MediaMTX. */
async function startWithEngine(home: SimulatedHome, name: string, script: string): Promise<BelfryProcess> {
  const program = join(home.dataDirectory, name);
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return await home.startBelfry({ settings: { ll_hls: true, mediamtx_path: program } });
}

/** Does not even tell its version, nor heeds any order to end. */
const startWithMuteEngine = (home: SimulatedHome): Promise<BelfryProcess> =>
  startWithEngine(home, "mute", "trap '' TERM\nwhile :; do sleep 0.1; done");

async function logIn(belfry: BelfryProcess): Promise<PageClient> {
  const code = /set-up code (\S+)/.exec(await belfry.waitForLine(/set-up code/, patience))?.[1] ?? "";
  const page = new PageClient(belfry.webPort);
  await page.post("/api/page/set-up", { code, password: "a long enough password" });
  return page;
}

function muteEngineOf({ pid }: BelfryProcess): Promise<unknown> {
  return until(
    "the program being asked",
    async () => (await descendantsOf(pid)).find(({ command }) => command.endsWith("/mute --version")),
    patience,
  );
}

async function stopInTime(belfry: BelfryProcess): Promise<ProcessExit> {
  const askedAt = performance.now();
  const exit = await belfry.stop();
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  return exit;
}

test("while the stream engine starts the page is there, and a stop is heeded", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await startWithMuteEngine(home);
  await muteEngineOf(belfry);
  const page = await logIn(belfry);
  expect((await page.get("/healthz")).status).toBe(200);
  const { json } = await page.get("/api/status");
  expect(json).toHaveProperty("signIn");
  expect(json).not.toHaveProperty("engine");
  await home.observer.waitFor("the bridge being online", "ring/bridge/status", { payload: "online" });
  expect(await stopInTime(belfry)).toEqual({ code: 0, signal: null });
  expect((await retainedUnder(home.brokerUrl, "ring/bridge/status")).get("ring/bridge/status")).toBe("offline");
});

test("what is switched on and cannot be had is told on the page and by the problem entity, with what to do", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await startWithEngine(home, "too-old", "echo v1.0.0");
  const page = await logIn(belfry);
  const text = /^Low-latency HLS cannot be had: .* is MediaMTX 1\.0\.0; it must be 1\.20\.1 or newer/;
  await home.observer.waitFor("the problem", "ring/bridge/bridge/belfry_bridge/problem/state", { payload: text });
  const { json } = await page.get("/api/status");
  expect(json["engine"]).toMatchObject({ name: "built-in", isHealthy: true });
  expect(json["problems"]).toEqual([
    {
      id: "engine-wish",
      severity: "warning",
      text: expect.stringMatching(text),
      remedy: "Streams are served by RTSP alone. Correct that and start Belfry again, or switch ll_hls off.",
    },
  ]);
});

test("a stop is heeded from the first line of the log on", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await belfry.waitForLine(/Belfry .* starts/, patience);
  // Its own code is being loaded: 1.5 s of a processor that may have more to do.
  expect(await belfry.stop({ limitMs: 30_000 })).toEqual({ code: 0, signal: null });
  expect(belfry.countLines(/page/)).toBe(0);
  expect(home.cloud.journal.entries({ kind: "push.connected" })).toEqual([]);
});

test("a stop is heeded when the page has just been opened", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await belfry.waitForLine(/set-up code/, patience);
  expect(await stopInTime(belfry)).toEqual({ code: 0, signal: null });
  expect((await retainedUnder(home.brokerUrl, "ring/bridge/status")).get("ring/bridge/status")).not.toBe("online");
});

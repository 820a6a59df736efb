import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freePort } from "../../test/support/free-port.ts";
import { loadSettings } from "../config/load.ts";
import { systemClock } from "../foundation/clock.ts";
import { Emitter } from "../foundation/emitter.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import { Redactor } from "../foundation/redact.ts";
import { Teardown } from "../foundation/teardown.ts";
import { StreamHub } from "../media/hub/stream-hub.ts";
import { startStreamEngine } from "./start-stream-engine.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "belfry-engine-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function program(name: string, script: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What has just been closed is counted for a moment more. */
const listening = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;

test("where MediaMTX does not start, nothing of it is left beside the built-in server", async () => {
  const mediamtx = program("broken-mediamtx", 'if [ "$1" = --version ]; then echo v1.20.1; else exit 1; fi');
  for (const name of ["mosquitto_pub", "mosquitto_sub", "ffmpeg"]) program(name, "exit 1");
  vi.stubEnv("PATH", `${directory}:${process.env["PATH"]}`);
  const environment = {
    ...{ BELFRY_RTSP_BIND: "127.0.0.1", BELFRY_RTSP_PORT: String(await freePort()), BELFRY_RTSP_UDP: "false" },
    ...{ BELFRY_STREAM_ENGINE: "auto", BELFRY_WHEP: "true", BELFRY_MEDIAMTX_PATH: mediamtx },
  };
  const { settings } = loadSettings({ environment, dataDirectory: directory });
  const { signal } = new AbortController();
  const host = { openedPort: () => undefined, changed: new Emitter<void>() };
  const started = { clock: systemClock, logger: silentLogger, starting: signal, signal, redactor: new Redactor() };
  const teardown = new Teardown();
  const engine = await startStreamEngine(
    { ...started, settings, host, streams: new StreamHub(), dataDirectory: directory, instance: "test" },
    teardown,
  );
  expect(engine).toMatchObject({ name: "built-in", unmet: { text: expect.stringContaining("MediaMTX ended") } });
  await expect.poll(listening).toBe(1);
  await teardown.run(silentLogger, systemClock, 5_000);
  await expect.poll(listening).toBe(0);
});

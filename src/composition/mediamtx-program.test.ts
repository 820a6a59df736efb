import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadSettings } from "../config/load.ts";
import { systemClock } from "../foundation/clock.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { DirectoryClaim } from "../storage/directory-claim.ts";
import { type MediamtxProgramOptions, mediamtxDirectory, obtainMediamtx } from "./mediamtx-program.ts";

let directory: string;
const server = createServer((_request, response) => response.writeHead(404).end());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "belfry-program-"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await mkdir(join(directory, "bin"));
  await writeFile(join(directory, "bin/mediamtx"), "#!/bin/sh\necho v1.11.3\n");
  await chmod(join(directory, "bin/mediamtx"), 0o755);
  vi.stubEnv("PATH", `${join(directory, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("MEDIAMTX_BIN", "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** The pinned file is at a server that does not have it: that is how far a download gets. */
async function options(values: Readonly<Record<string, string>>): Promise<MediamtxProgramOptions> {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const file = { url: `http://127.0.0.1:${port}/mediamtx.tar.gz`, sha256: "0".repeat(64) };
  const pinsFile = join(directory, "pins.json");
  await writeFile(pinsFile, JSON.stringify({ mediamtx: { version: "1.20.1", files: { amd64: file, arm64: file } } }));
  const environment = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`BELFRY_${key.toUpperCase()}`, value]),
  );
  const { settings } = loadSettings({ environment, dataDirectory: directory });
  const { logger } = recordingLogger();
  const signal = new AbortController().signal;
  return { settings, dataDirectory: directory, instance: "test", clock: systemClock, logger, signal, pinsFile };
}

test("one on the PATH that is too old is refused, unless another one may be downloaded", async () => {
  await expect(obtainMediamtx(await options({}))).rejects.toMatchObject({ code: "mediamtx.version" });
  const download = obtainMediamtx(await options({ mediamtx_download: "true" }));
  await expect(download).rejects.toMatchObject({ code: "mediamtx.download-refused" });
});

test("one that the owner has named is not replaced by another", async () => {
  const named = { mediamtx_download: "true", mediamtx_path: join(directory, "bin/mediamtx") };
  await expect(obtainMediamtx(await options(named))).rejects.toMatchObject({ code: "mediamtx.version" });
});

test("two do not install at once", async () => {
  const download = await options({ mediamtx_download: "true" });
  await using _other = await DirectoryClaim.take(mediamtxDirectory(directory), download.logger);
  await expect(obtainMediamtx(download)).rejects.toMatchObject({ code: "mediamtx.installing" });
});

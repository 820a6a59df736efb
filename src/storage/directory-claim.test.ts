import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { recordingLogger, silentLogger } from "../foundation/logger.fake.ts";
import { DirectoryClaim } from "./directory-claim.ts";

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "belfry-claim-")), "data");
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

const take = (logger = silentLogger): Promise<DirectoryClaim> => DirectoryClaim.take(directory, logger);
const inUse = { code: "storage.in-use", message: expect.stringContaining("another Belfry runs on the data directory") };

test("who has it keeps it from others until he is done, and leaves nothing behind", async () => {
  {
    await using _first = await take();
    await expect(take()).rejects.toMatchObject(inUse);
    await expect(take()).rejects.toMatchObject(inUse);
    expect(readdirSync(directory)).toHaveLength(1);
  }
  await using _second = await take();
  expect(readdirSync(directory)).toHaveLength(1);
});

test("of many that come at the same moment at most one gets it", async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => take()));
  const got = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  for (const claim of got) onTestFinished(() => claim[Symbol.asyncDispose]());
  expect(got.length).toBeLessThanOrEqual(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "storage.in-use" });
});

test("another process that has it is noticed, and one that was killed is not in the way", async () => {
  const module = new URL("./directory-claim.ts", import.meta.url).href;
  const script = `import { DirectoryClaim } from ${JSON.stringify(module)};
    await DirectoryClaim.take(${JSON.stringify(directory)}, console);
    console.log("taken"); setInterval(() => {}, 1_000);`;
  const other = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void other.kill("SIGKILL"));
  await once(other.stdout, "data");
  await expect(take()).rejects.toMatchObject(inUse);
  other.kill("SIGKILL");
  await once(other, "exit");
  expect(readdirSync(directory)).toHaveLength(1);
  await using _claim = await take();
  expect(readdirSync(directory)).toHaveLength(1);
});

test("a directory that can hold no socket is used all the same, and that is said", async () => {
  directory = join(directory, "long".repeat(30));
  const { logger, lines } = recordingLogger();
  await using _claim = await take(logger);
  expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("would not be noticed") }]);
});

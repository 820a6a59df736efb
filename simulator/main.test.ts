// The simulator as a process: starts, says how to use it, and is gone within a second of Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const main = new URL("./main.ts", import.meta.url).pathname;

test("it prints hosts, writes the CA, answers, and ends at once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "simulated-ring-main-"));
  const caPath = join(directory, "ca.pem");
  const child = spawn(
    process.execPath,
    [main, "--state", join(directory, "state"), "--ca-out", caPath, "--print-hosts"],
    {
      env: { ...process.env, TMPDIR: directory },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const hosts: string[] = [];
  createInterface(child.stdout).on("line", (line) => hosts.push(line));
  const [first] = (await once(createInterface(child.stderr), "line")) as [string];
  const controlUrl = /control (http:\S+)/.exec(first)?.[1];

  expect((await fetch(`${controlUrl}/state`)).status).toBe(200);
  expect(readFileSync(caPath, "utf8")).toContain("BEGIN CERTIFICATE");
  expect(hosts).toContain("127.0.0.1 api.ring.com");
  expect(existsSync(join(directory, `belfry-simulator-${child.pid}.json`))).toBe(true);
  const asked = performance.now();
  child.kill("SIGINT");
  const [exitCode] = (await once(child, "exit")) as [number];
  expect(exitCode).toBe(0);
  expect(performance.now() - asked).toBeLessThan(1000);
  expect(existsSync(join(directory, `belfry-simulator-${child.pid}.json`))).toBe(false);
  await rm(directory, { recursive: true });
});

test("a wrong account file or option is one sentence and exit code 1", async () => {
  const run = async (...words: string[]): Promise<[number, string]> => {
    const child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = (await once(child, "close")) as [number];
    return [code, text];
  };

  expect(await run("--account", "/nowhere.json")).toEqual([
    1,
    "cannot read the account file /nowhere.json: check the path and its permissions\n",
  ]);
  expect(await run("--loud")).toEqual([1, expect.stringContaining("usage: npm run simulator")]);
});

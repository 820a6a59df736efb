import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cachedFile } from "./cached-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "belfry-cache-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const writes = (content: string) => (path: string) => writeFile(path, content);

test("a file that another process makes is waited for, not made again", async () => {
  const lock = join(directory, "film.lock");
  await writeFile(lock, String(process.ppid));
  let made = 0;
  const waiting = cachedFile({
    ...{ directory, name: "film" },
    make: (path) => {
      made++;
      return writeFile(path, "ours");
    },
  });
  await writeFile(join(directory, "film"), "theirs");
  await rm(lock);
  expect(await readFile(await waiting, "utf8")).toBe("theirs");
  expect(made).toBe(0);
});

test("the lock of a process that died does not stop anybody", async () => {
  const { pid } = spawnSync("true");
  await writeFile(join(directory, "film.lock"), String(pid));
  expect(await readFile(await cachedFile({ directory, name: "film", make: writes("made") }), "utf8")).toBe("made");
  expect(await readdir(directory)).toEqual(["film"]);
});

test("a failure leaves nothing behind, and the next one who asks tries again", async () => {
  const failing = cachedFile({
    ...{ directory, name: "film" },
    make: async (path) => {
      await writeFile(path, "half");
      throw new Error("no FFmpeg");
    },
  });
  await expect(failing).rejects.toThrow("no FFmpeg");
  expect(await readdir(directory)).toEqual([]);
  expect(await readFile(await cachedFile({ directory, name: "film", make: writes("whole") }), "utf8")).toBe("whole");
});

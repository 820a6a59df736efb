import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../foundation/clock.ts";
import { type FoundMediamtx, findMediamtx } from "./find-mediamtx.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "belfry-find-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** In a directory of its own; resolves with its path. */
async function program(within: string, body: string): Promise<string> {
  await mkdir(join(directory, within), { recursive: true });
  const file = join(directory, within, "mediamtx");
  await writeFile(file, body);
  await chmod(file, 0o755);
  return file;
}

const telling = (version: string): string => `#!/bin/sh\necho ${version}\n`;

function find(searchPath: readonly string[], named = ""): Promise<FoundMediamtx | undefined> {
  const places = {
    named: [{ by: "the setting mediamtx_path", path: named }],
    searchPath: searchPath.map((within) => join(directory, within)).join(":"),
    installed: join(directory, "installed/mediamtx"),
  };
  return findMediamtx(places, { instance: "test", clock: systemClock, signal: new AbortController().signal });
}

test("what is on the PATH comes before what was installed, and what is named before both", async () => {
  expect(await find(["bin"])).toBeUndefined();
  const installed = await program("installed", telling("v1.20.1"));
  expect(await find(["bin"])).toEqual({ program: installed, version: "1.20.1" });
  const onPath = await program("bin", telling("v1.21.0"));
  expect(await find(["bin"])).toEqual({ program: onPath, version: "1.21.0" });
  const named = await program("named", telling("v2.0.0"));
  expect(await find(["bin"], named)).toEqual({ program: named, version: "2.0.0" });
});

test("a directory of that name is no program", async () => {
  await mkdir(join(directory, "first/mediamtx"), { recursive: true });
  const second = await program("second", telling("v1.20.1"));
  expect(await find(["first", "second"])).toMatchObject({ program: second });
  const missing = { code: "mediamtx.missing", message: expect.stringContaining("which is no program") };
  await expect(find([], join(directory, "first/mediamtx"))).rejects.toMatchObject(missing);
});

test("one on the PATH that is too old does not hide an installed one that will do", async () => {
  await program("bin", telling("v1.11.3"));
  await expect(find(["bin"])).rejects.toMatchObject({ code: "mediamtx.version" });
  const installed = await program("installed", telling("v1.20.1"));
  expect(await find(["bin"])).toMatchObject({ program: installed });
});

test("one that does not run is refused with the reason", async () => {
  const ofAnotherMachine = await program("other", "\x7fELF\x02\x01\x01");
  const text = expect.stringMatching(/does not run: .+; install another one or correct mediamtx_path$/s);
  await expect(find([], ofAnotherMachine)).rejects.toMatchObject({ code: "mediamtx.version", message: text });
  const broken = await program("broken", "#!/bin/sh\necho no room for me >&2\nexit 3\n");
  const why = expect.stringContaining("does not run: no room for me;");
  await expect(find([], broken)).rejects.toMatchObject({ code: "mediamtx.version", message: why });
});

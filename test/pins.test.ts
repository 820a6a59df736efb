import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fetchPins } from "../scripts/lib/pins/fetch-pins.ts";
import { baseReference, complaintsAboutPins, pinBase, readPins } from "../scripts/lib/pins/pins.ts";
import { runProgram } from "./support/run-program.ts";
import { repositoryRoot } from "./support/source-files.ts";

const readDockerfile = (): string => readFileSync(join(repositoryRoot, "Dockerfile"), "utf8");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Answer {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A registry and a page of releases; answers what it is told to, by path. */
async function serve(answers: Readonly<Record<string, Answer>>): Promise<string> {
  const server = createServer(({ url = "" }, response) => {
    const answer = answers[url];
    response.writeHead(answer ? 200 : 404, answer?.headers);
    response.end(answer?.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

const manifest = '{"manifests":[]}';
const registry = (digest: string): Record<string, Answer> => ({
  "/token?scope=repository:home/base:pull": { body: '{"token":"t"}' },
  "/v2/home/base/manifests/trixie": { body: manifest, headers: { "docker-content-digest": digest } },
});

async function world(digest: string): Promise<string> {
  const assets: { name: string; browser_download_url: string }[] = [];
  const answers: Record<string, Answer> = {
    ...registry(digest),
    "/amd64": { body: "archive of amd64" },
    "/arm64": { body: "archive of arm64" },
  };
  const host = await serve(answers);
  for (const machine of ["amd64", "arm64"])
    assets.push({ name: `mediamtx_v9.9.9_linux_${machine}.tar.gz`, browser_download_url: `http://${host}/${machine}` });
  const release = { tag_name: "v9.9.9", assets };
  answers["/repos/bluenviron/mediamtx/releases/latest"] = { body: JSON.stringify(release) };
  return host;
}

test("hashes are those of the bytes that came", async () => {
  const host = await world(`sha256:${sha256(manifest)}`);
  const pins = await fetchPins(
    { base: { image: `${host}/home/base:trixie` } },
    { scheme: "http", releases: `http://${host}` },
  );
  expect(pins).toEqual({
    base: { image: `${host}/home/base:trixie`, digest: `sha256:${sha256(manifest)}` },
    mediamtx: {
      version: "v9.9.9",
      files: {
        amd64: { url: `http://${host}/amd64`, sha256: sha256("archive of amd64") },
        arm64: { url: `http://${host}/arm64`, sha256: sha256("archive of arm64") },
      },
    },
  });
  const dockerfile = pinBase("# x\nARG BASE_IMAGE=old\nFROM a\n", pins);
  expect(dockerfile).toBe(`# x\nARG BASE_IMAGE=${baseReference(pins)}\nFROM a\n`);
  expect(complaintsAboutPins(pins, dockerfile)).toEqual([]);
  expect(complaintsAboutPins(pins, "ARG BASE_IMAGE=old\n")).toEqual([
    expect.stringContaining("the Dockerfile does not name the base of pins.json"),
  ]);
});

test("a registry that promises something else is not believed", async () => {
  const host = await world(`sha256:${"0".repeat(64)}`);
  const fetched = fetchPins(
    { base: { image: `${host}/home/base:trixie` } },
    { scheme: "http", releases: `http://${host}` },
  );
  await expect(fetched).rejects.toThrow(/promised was sha256:0000/);
});

test("without internet it says so", async () => {
  const fetched = fetchPins({ base: { image: "127.0.0.1:9/home/base:trixie" } }, { scheme: "http", releases: "" });
  await expect(fetched).rejects.toThrow("127.0.0.1:9 cannot be reached; this needs a machine with internet");
});

test("the Dockerfile names the base of pins.json, pinned where it is pinned there", () => {
  expect(pinBase(readDockerfile(), readPins(join(repositoryRoot, "pins.json")))).toBe(readDockerfile());
});

test("what is not pinned is named for a release", () => {
  expect(complaintsAboutPins({ base: { image: "a/b:c" } }, "ARG BASE_IMAGE=a/b:c\n")).toEqual([
    expect.stringContaining("the base a/b:c has no digest in pins.json: run scripts/update-pins"),
    expect.stringContaining("MediaMTX is not in pins.json"),
  ]);
});

test("the check of a release says the same of this repository, loudly, and by its exit code", async () => {
  const complaints = complaintsAboutPins(readPins(join(repositoryRoot, "pins.json")), readDockerfile());
  const { code, stderr } = await runProgram(process.execPath, ["scripts/update-pins.ts", "--check"], {
    cwd: repositoryRoot,
  });
  expect(stderr).toBe(complaints.map((sentence) => `NOT PINNED: ${sentence}\n`).join(""));
  expect(code).toBe(complaints.length === 0 ? 0 : 1);
});

test("the Dockerfile takes its base from nobody who knows no digest", () => {
  const froms = [...readDockerfile().matchAll(/^FROM (\S+)/gm)].map(([, from = ""]) => from.replace(/^\$/, ""));
  expect(new Set(froms)).toEqual(new Set(["{BASE_IMAGE}", "node"]));
  expect(readDockerfile()).not.toMatch(/^ARG BUILD_FROM/m);
});

/** Runs the image's own step in a directory of its own. */
function fetchMediamtx(pins: object): Promise<{ code: number; said: string }> {
  const directory = mkdtempSync(join(tmpdir(), "belfry-pins-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  copyFileSync(join(repositoryRoot, "scripts/fetch-mediamtx.mjs"), join(directory, "fetch-mediamtx.mjs"));
  writeFileSync(join(directory, "pins.json"), JSON.stringify(pins));
  return new Promise((resolve) => {
    execFile(process.execPath, ["fetch-mediamtx.mjs", "amd64"], { cwd: directory }, (error, _stdout, said) =>
      resolve({ code: error ? Number(error.code) : 0, said }),
    );
  });
}

test("MediaMTX without a pin is refused in a sentence, and so is a file that is not the pinned one", async () => {
  const unpinned = await fetchMediamtx({ base: { image: "a/b:c" } });
  expect(unpinned).toEqual({
    code: 1,
    said: expect.stringContaining("pins.json has no MediaMTX for amd64: run scripts/update-pins"),
  });
  const host = await world("");
  const pin = { url: `http://${host}/amd64`, sha256: sha256("another archive") };
  const swapped = await fetchMediamtx({ mediamtx: { version: "v9.9.9", files: { amd64: pin } } });
  expect(swapped).toEqual({ code: 1, said: expect.stringContaining("is not the pinned file") });
});

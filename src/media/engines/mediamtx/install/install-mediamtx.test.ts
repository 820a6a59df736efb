import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../../../../test/support/until.ts";
import { ManualClock } from "../../../../foundation/clock.fake.ts";
import { type Clock, systemClock } from "../../../../foundation/clock.ts";
import { installMediamtx } from "./install-mediamtx.ts";
import { readPin } from "./pins.ts";

/** A tar header as GNU tar and Go write it. */
function entry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000755\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("0", 156);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const program = Buffer.from(`#!/bin/sh\necho v1.20.1\n# ${"x".repeat(3_000_000)}\n`);
const archive = gzipSync(
  Buffer.concat([entry("LICENSE", Buffer.from("MIT")), entry("mediamtx", program), Buffer.alloc(1024)]),
  { level: 0 },
);
const sha256 = createHash("sha256").update(archive).digest("hex");
const never = new AbortController().signal;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let handle: Handler;
let requests: IncomingMessage[];
let directory: string;
let said: string[];
const server = createServer((request, response) => {
  requests.push(request);
  handle(request, response);
});

beforeEach(async () => {
  requests = [];
  said = [];
  handle = sendAll;
  directory = await mkdtemp(join(tmpdir(), "belfry-install-"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  await rm(directory, { recursive: true, force: true });
});

/** As file servers do it, ranges included. */
const sendAll: Handler = (request, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= archive.length) response.writeHead(416).end();
  else {
    const rest = archive.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { "content-length": rest.length }).end(rest);
  }
};

/** The first request gets half of it, and the connection breaks. */
const cutOffOnce: Handler = (request, response) => {
  if (requests.length > 1) return sendAll(request, response);
  response.writeHead(200, { "content-length": archive.length });
  response.write(archive.subarray(0, archive.length / 2), () => setImmediate(() => response.destroy()));
};

interface Choices {
  readonly hash?: string;
  readonly mirror?: string;
  readonly silenceMs?: number;
  readonly limitMs?: number;
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

function install(options: Choices = {}): Promise<string> {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return installMediamtx({
    pin: { url: `http://127.0.0.1:${port}/${options.name ?? "v1/mediamtx_v1.tar.gz"}`, sha256: options.hash ?? sha256 },
    mirror: options.mirror?.replace("PORT", String(port)),
    directory,
    say: (line) => said.push(line),
    silenceMs: options.silenceMs ?? 2_000,
    ...(options.limitMs ? { limitMs: options.limitMs } : {}),
    clock: options.clock ?? systemClock,
    signal: options.signal ?? never,
  });
}

test("the right file is installed, and nothing else is left", async () => {
  const installed = await install();
  expect(installed).toBe(join(directory, "mediamtx"));
  expect(await readFile(installed)).toEqual(program);
  expect((await stat(installed)).mode & 0o777).toBe(0o755);
  expect(await readdir(directory)).toEqual(["mediamtx"]);
  expect(said.filter((line) => line.includes("%")).length).toBeGreaterThan(3);
});

test("a wrong hash is refused, and nothing is kept", async () => {
  await expect(install({ hash: "0".repeat(64) })).rejects.toMatchObject({ code: "mediamtx.wrong-hash" });
  expect(await readdir(directory)).toEqual([]);
  expect(requests).toHaveLength(1);
});

test("cut off half way it goes on from there", async () => {
  handle = cutOffOnce;
  expect(await readFile(await install())).toEqual(program);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, expect.stringMatching(/^bytes=\d{6,}-$/)]);
});

test("what came before a restart is used after it", async () => {
  await writeFile(join(directory, `download-${sha256.slice(0, 16)}.part`), archive.subarray(0, 100_000));
  expect(await readFile(await install())).toEqual(program);
  expect(requests[0]?.headers.range).toBe("bytes=100000-");
});

test("a file that was whole already is not fetched again", async () => {
  await writeFile(join(directory, `download-${sha256.slice(0, 16)}.part`), archive);
  expect(await readFile(await install())).toEqual(program);
});

test("what was begun is no use where it is another file: it is fetched from the beginning", async () => {
  await writeFile(join(directory, `download-${sha256.slice(0, 16)}.part`), Buffer.alloc(100_000));
  expect(await readFile(await install())).toEqual(program);
  expect(requests.map(({ headers }) => headers.range)).toEqual(["bytes=100000-", undefined]);
  expect(await readdir(directory)).toEqual(["mediamtx"]);
});

test("a server that gives the wrong file is refused also where something was begun", async () => {
  const hash = "0".repeat(64);
  await writeFile(join(directory, `download-${hash.slice(0, 16)}.part`), archive.subarray(0, 100_000));
  await expect(install({ hash })).rejects.toMatchObject({ code: "mediamtx.wrong-hash" });
  expect(requests).toHaveLength(2);
  expect(await readdir(directory)).toEqual([]);
});

test("a server that sends a little now and then is not waited for without end; what has come is kept", async () => {
  handle = (request, response) => {
    if (requests.length > 1) return sendAll(request, response);
    response.writeHead(200, { "content-length": archive.length });
    let at = 0;
    const drip = setInterval(() => response.write(archive.subarray(at, ++at)), 10);
    response.once("close", () => clearInterval(drip));
  };
  expect(await readFile(await install({ limitMs: 1_000 }))).toEqual(program);
  expect(requests[1]?.headers.range).toMatch(/^bytes=\d+-$/);
  expect(said.join()).toMatch(/is not done after/);
});

test("a server without ranges sends it all again", async () => {
  handle = (request, response) => {
    if (requests.length === 1) cutOffOnce(request, response);
    else response.writeHead(200, { "content-length": archive.length }).end(archive);
  };
  expect(await readFile(await install())).toEqual(program);
});

test("404 is refused at once", async () => {
  handle = (_request, response) => response.writeHead(404).end("not here");
  await expect(install()).rejects.toMatchObject({ code: "mediamtx.download-refused" });
  expect(requests).toHaveLength(1);
  expect(await readdir(directory)).toEqual([]);
});

test("a server that is busy is asked again", async () => {
  handle = (request, response) => {
    if (requests.length === 1) response.writeHead(503).end();
    else sendAll(request, response);
  };
  expect(await readFile(await install())).toEqual(program);
});

test("slow is slow: as long as something comes it goes on", async () => {
  handle = async (_request, response) => {
    response.writeHead(200, { "content-length": archive.length });
    const step = Math.ceil(archive.length / 8);
    for (let at = 0; at < archive.length; at += step) {
      response.write(archive.subarray(at, at + step));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    response.end();
  };
  expect(await readFile(await install({ silenceMs: 400 }))).toEqual(program);
  expect(requests).toHaveLength(1);
});

test("a stop ends a download that only trickles at once, and what has come is of use later", async () => {
  const stop = new AbortController();
  handle = (request, response) => {
    if (requests.length > 1) return sendAll(request, response);
    response.writeHead(200, { "content-length": archive.length });
    response.write(archive.subarray(0, archive.length / 2));
  };
  const installing = install({ signal: stop.signal });
  await until("almost half of it", () => said.some((line) => line.startsWith("40 %")) || undefined);
  const stoppedAt = performance.now();
  stop.abort(new Error("stopped"));
  await expect(installing).rejects.toThrow("stopped");
  expect(performance.now() - stoppedAt).toBeLessThan(1_000);
  expect(await readFile(await install())).toEqual(program);
  expect(requests[1]?.headers.range).toMatch(/^bytes=[1-9]/);
});

test("a server that falls silent is asked for the rest", async () => {
  handle = (request, response) => {
    if (requests.length > 1) return sendAll(request, response);
    response.writeHead(200, { "content-length": archive.length });
    response.write(archive.subarray(0, 200_000));
  };
  expect(await readFile(await install({ silenceMs: 300 }))).toEqual(program);
  expect(requests).toHaveLength(2);
});

test("without room on the disk it is refused, and nothing is kept", async () => {
  await symlink("/dev/full", join(directory, `download-${sha256.slice(0, 16)}.part`));
  await expect(install()).rejects.toMatchObject({ code: "mediamtx.no-room" });
  expect(await readdir(directory)).toEqual([]);
});

test("a directory that cannot be made is refused", async () => {
  await writeFile(join(directory, "file"), "");
  directory = join(directory, "file", "below");
  await expect(install()).rejects.toMatchObject({ code: "mediamtx.no-room" });
  directory = join(directory, "..", "..");
});

test("an archive without the program is refused", async () => {
  const other = gzipSync(Buffer.concat([entry("README", Buffer.from("nothing")), Buffer.alloc(1024)]));
  handle = (_request, response) => response.writeHead(200).end(other);
  const hash = createHash("sha256").update(other).digest("hex");
  await expect(install({ hash })).rejects.toMatchObject({ code: "mediamtx.bad-archive" });
  expect((await readdir(directory)).filter((name) => name.startsWith("mediamtx"))).toEqual([]);
});

test("whoever moves on is given time, however long ago it all began", async () => {
  const clock = new ManualClock();
  handle = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const part = archive.subarray(start, start + 1_200_000);
    response.writeHead(start > 0 ? 206 : 200, { "content-length": archive.length - start });
    // A minute for each part, and then it breaks off.
    response.write(part, async () => {
      await clock.advance(60_000);
      response.destroy();
    });
  };
  const installing = install({ clock });
  const waiting = setInterval(() => void clock.advance(1_000), 20);
  expect(await readFile(await installing)).toEqual(program);
  clearInterval(waiting);
  expect(requests.length).toBe(3);
});

test("whoever does not move on is given up", async () => {
  const clock = new ManualClock();
  handle = (_request, response) => response.destroy();
  const installing = expect(install({ clock })).rejects.toMatchObject({ code: "mediamtx.download" });
  const waiting = setInterval(() => void clock.advance(5_000), 20);
  await installing;
  clearInterval(waiting);
  expect(requests.length).toBeGreaterThan(5);
  expect(said.join()).toMatch(/broke off; the next attempt goes on from there: .*(?:hang up|ECONNRESET)/);
});

test("a mirror's password is for the mirror alone; where it sends us on to is followed", async () => {
  handle = (request, response) => {
    if (request.url?.startsWith("/moved/")) return sendAll(request, response);
    const isAllowed = request.headers.authorization === `Basic ${btoa("me:my-secret")}`;
    response.writeHead(isAllowed ? 302 : 401, { location: "/moved/mediamtx_v1.tar.gz" }).end();
  };
  expect(await readFile(await install({ mirror: "http://me:my-secret@127.0.0.1:PORT/mirror" }))).toEqual(program);
  const refusal = await install({ mirror: "http://me:my-secret2@127.0.0.1:PORT/mirror" }).catch(String);
  expect(refusal).toMatch(/http:\/\/127\.0\.0\.1:\d+\/mirror\/mediamtx_v1\.tar\.gz answers 401/);
  expect(`${refusal} ${said.join(" ")}`).not.toContain("secret");
});

test("a file that is far too large is thrown away before it has come", async () => {
  handle = (_request, response) => void response.writeHead(200, { "content-length": 300_000_000 }).write("x");
  await expect(install()).rejects.toMatchObject({ code: "mediamtx.wrong-hash", message: /far larger/ });
  expect(await readdir(directory)).toEqual([]);
});

test("a mirror is asked for the same file", async () => {
  await install({ mirror: "http://127.0.0.1:PORT/mirror/", name: "nowhere/mediamtx_v1.tar.gz" });
  expect(requests.map(({ url }) => url)).toEqual(["/mirror/mediamtx_v1.tar.gz"]);
});

test("without an entry for this machine there is no pin", async () => {
  const pins = join(directory, "pins.json");
  const files = { amd64: { url: "https://example/mediamtx.tar.gz", sha256 } };
  await writeFile(pins, JSON.stringify({ mediamtx: { version: "1.20.1", files } }));
  expect(readPin(pins, "x64")).toEqual(files.amd64);
  expect(() => readPin(pins, "arm64")).toThrow(/no entry/);
  await writeFile(pins, JSON.stringify({ base: {} }));
  expect(() => readPin(pins, "x64")).toThrow(/does not know which MediaMTX file is the right one for amd64/);
  expect(() => readPin(join(directory, "missing.json"), "x64")).toThrow(/cannot be read/);
});

import { expect, test } from "vitest";
import { recordingLogger } from "../../foundation/logger.fake.ts";
import { LoopbackFileServer, readRange } from "./loopback-file-server.ts";
import type { ServedFile } from "./served-file.ts";

const film = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251));
const forever = new AbortController().signal;

const served = (
  read: ServedFile["read"] = async (offset, most) => film.subarray(offset, offset + most),
): ServedFile => ({
  size: Promise.resolve(film.length),
  read,
});

const start = (file = served(), signal = forever) => LoopbackFileServer.start(file, recordingLogger().logger, signal);

async function get(url: string, range?: string, method = "GET") {
  const reply = await fetch(url, { method, headers: range === undefined ? {} : { range } });
  return {
    status: reply.status,
    range: reply.headers.get("content-range"),
    body: Buffer.from(await reply.arrayBuffer()),
  };
}

test("it serves the whole file and any part of it", async () => {
  await using server = await start();
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/secret-[0-9a-f]{48}\/recording\.mp4$/);
  const whole = await get(server.url);
  expect(whole.status).toBe(200);
  expect(whole.body.equals(film)).toBe(true);
  const part = await get(server.url, "bytes=300000-300009");
  expect(part).toMatchObject({ status: 206, range: `bytes 300000-300009/${film.length}` });
  expect(part.body.equals(film.subarray(300_000, 300_010))).toBe(true);
  expect((await get(server.url, `bytes=${film.length}-`)).status).toBe(416);
  expect(await get(server.url, undefined, "HEAD")).toMatchObject({ status: 200, body: Buffer.alloc(0) });
});

test("whoever does not know the path gets nothing, nor does who wants to write", async () => {
  await using server = await start();
  const { origin } = new URL(server.url);
  for (const path of ["/", "/film.mp4", `${new URL(server.url).pathname}x`]) {
    expect((await get(`${origin}${path}`)).status).toBe(404);
  }
  expect((await get(server.url, undefined, "POST")).status).toBe(404);
});

test("two servers have different paths", async () => {
  await using one = await start();
  await using other = await start();
  expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname);
});

test("a file that breaks off breaks the answer off, so that nobody takes it for whole", async () => {
  const broken = served(async (offset, most) => {
    if (offset > 300_000) throw new Error("broken");
    return film.subarray(offset, offset + most);
  });
  await using server = await start(broken);
  await expect(get(server.url)).rejects.toThrow();
});

test("an end ends what is being sent", async () => {
  const end = new AbortController();
  const reading = Promise.withResolvers<void>();
  const hanging = served((_offset, _most, signal) => {
    reading.resolve();
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  await using server = await start(hanging, end.signal);
  const answer = expect(get(server.url)).rejects.toThrow();
  await reading.promise;
  end.abort();
  await server[Symbol.asyncDispose]();
  await answer;
});

test.each(["before", "while"])("an end %s it starts leaves nothing that listens", async (when) => {
  const end = new AbortController();
  if (when === "before") end.abort();
  const starting = start(served(), end.signal);
  end.abort();
  await expect(starting).rejects.toBe(end.signal.reason);
  // What is left behind would listen before one that starts now.
  await (await start())[Symbol.asyncDispose]();
  await expect.poll(() => process.getActiveResourcesInfo()).not.toContain("TCPServerWrap");
});

test.each([
  [undefined, undefined],
  ["bytes=0-", { first: 0, last: 99 }],
  ["bytes=10-19", { first: 10, last: 19 }],
  ["bytes=90-1000", { first: 90, last: 99 }],
  ["bytes=-10", { first: 90, last: 99 }],
  ["bytes=-1000", { first: 0, last: 99 }],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=20-10", "unsatisfiable"],
  ["bytes=-", undefined],
  ["bytes=0-1,5-6", undefined],
  ["lines=1-2", undefined],
])("the range %s of 100 bytes", (header, range) => {
  expect(readRange(header, 100)).toEqual(range);
});

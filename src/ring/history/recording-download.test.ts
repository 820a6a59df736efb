import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { PermanentError } from "../../foundation/errors.ts";
import { recordingLogger } from "../../foundation/logger.fake.ts";
import { type DownloadLimits, RecordingDownload } from "./recording-download.ts";
import type { SignedLink } from "./signed-link.ts";

const film = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
const forever = new AbortController().signal;

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A file host whose answers the test writes. */
async function fileHost(handle: Handler) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? "all"}`);
    handle(request, response, requests.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const link = (name: string, expiresAt = Number.POSITIVE_INFINITY): SignedLink => ({
    url: `http://127.0.0.1:${port}/${name}`,
    renewAt: 0,
    expiresAt,
  });
  const open = (
    options: { link?: SignedLink; renew?: () => Promise<SignedLink>; limits?: Partial<DownloadLimits> } = {},
  ) =>
    RecordingDownload.open({
      link: options.link ?? link("first"),
      renew: options.renew ?? (async () => link("renewed")),
      title: "The recording of Porch",
      ...(options.limits ? { limits: options.limits } : {}),
      clock: systemClock,
      logger: recordingLogger().logger,
      signal: forever,
    });
  return {
    requests,
    link,
    open,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const sendAll: Handler = (_request, response) =>
  void response.writeHead(200, { "content-length": film.length }).end(film);

async function readAll(download: RecordingDownload): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let offset = 0; ; ) {
    const piece = await download.read(offset, 7_777, forever);
    if (piece.length === 0) return Buffer.concat(pieces);
    pieces.push(piece);
    offset += piece.length;
  }
}

test("a recording can be read while it comes, at any place", async () => {
  let rest: (() => void) | undefined;
  await using host = await fileHost((_request, response) => {
    response.writeHead(200, { "content-length": film.length }).write(film.subarray(0, 50_000));
    rest = () => response.end(film.subarray(50_000));
  });
  await using download = await host.open();
  expect(await download.size).toBe(film.length);
  expect((await download.read(10, 5, forever)).equals(film.subarray(10, 15))).toBe(true);
  const later = download.read(90_000, 10, forever);
  rest?.();
  expect((await later).equals(film.subarray(90_000, 90_010))).toBe(true);
  expect((await readAll(download)).equals(film)).toBe(true);
  expect(await download.read(film.length, 10, forever)).toHaveLength(0);
});

test("what breaks off in the middle goes on where it was, with a new link", async () => {
  await using host = await fileHost((request, response, count) => {
    if (count === 1) {
      response.writeHead(200, { "content-length": film.length }).write(film.subarray(0, 60_000));
      setImmediate(() => response.destroy());
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const head = { "content-range": `bytes ${from}-${film.length - 1}/${film.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? head : {}).end(film.subarray(from));
  });
  await using download = await host.open();
  expect((await readAll(download)).equals(film)).toBe(true);
  expect(host.requests).toHaveLength(2);
  expect(host.requests[1]).toMatch(/^\/renewed /);
});

test("a link that is known to have expired is not tried", async () => {
  await using host = await fileHost(sendAll);
  await using download = await host.open({ link: host.link("old", Date.now() - 1) });
  expect((await readAll(download)).equals(film)).toBe(true);
  expect(host.requests).toEqual(["/renewed all"]);
});

test.each([
  [403, "recording.expired"],
  [404, "recording.deleted"],
  [503, "recording.unreachable"],
])("status %i twice is %s, without a signed word in the message", async (status, code) => {
  await using host = await fileHost((_request, response) => void response.writeHead(status).end("<Error/>"));
  await expect(host.open()).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/^The recording of Porch cannot/),
  });
  expect(host.requests).toHaveLength(2);
});

test("where it is gone, the reason of the renewal is told", async () => {
  await using host = await fileHost((_request, response) => void response.writeHead(403).end());
  const gone = new PermanentError("recording.deleted", "gone");
  await expect(host.open({ renew: () => Promise.reject(gone) })).rejects.toBe(gone);
  expect(host.requests).toHaveLength(1);
});

test("what is too large is not fetched, whether it says so or not", async () => {
  await using honest = await fileHost(sendAll);
  await expect(honest.open({ limits: { mostBytes: 99_999 } })).rejects.toMatchObject({ code: "recording.too-large" });
  expect(honest.requests).toHaveLength(1);
  await using silent = await fileHost((_request, response) => void response.writeHead(200).end(film));
  await expect(silent.open({ limits: { mostBytes: 99_999 } })).rejects.toMatchObject({ code: "recording.too-large" });
});

test("a host that falls silent is given up after the second time", async () => {
  await using host = await fileHost(() => undefined);
  await expect(host.open({ limits: { silenceMs: 100 } })).rejects.toMatchObject({ code: "recording.unreachable" });
  expect(host.requests).toHaveLength(2);
});

test("a host that falls silent in the middle ends those who wait", async () => {
  await using host = await fileHost((_request, response) => {
    response.writeHead(200, { "content-length": film.length }).write(film.subarray(0, 1_000));
  });
  await using download = await host.open({ limits: { silenceMs: 150 } });
  await expect(download.read(2_000, 10, forever)).rejects.toMatchObject({ code: "recording.unreachable" });
  expect(download.failure).toBeDefined();
  expect(await download.read(0, 10, forever)).toHaveLength(10);
});

test("a download that is closed ends those who wait, and its host hears of it", async () => {
  const gone = Promise.withResolvers<void>();
  await using host = await fileHost((_request, response) => {
    response.once("close", () => gone.resolve());
    response.writeHead(200, { "content-length": film.length }).write(film.subarray(0, 1_000));
  });
  const download = await host.open();
  const waiting = expect(download.read(2_000, 10, forever)).rejects.toThrow(/stopped/);
  await download[Symbol.asyncDispose]();
  await waiting;
  await gone.promise;
});

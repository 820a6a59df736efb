import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../../foundation/clock.ts";
import { recordingLogger } from "../../../foundation/logger.fake.ts";
import { StreamRefusedError } from "../../errors.ts";
import { header, RawClient, sessionOf } from "./rtsp-client.fake.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import { RtspServer, type RtspServerOptions } from "./rtsp-server.ts";
import { batchOf, directoryOf, randomPayload, type ScriptedLease, ScriptedStream } from "./scripted-stream.fake.ts";

const tcp = { Transport: "RTP/AVP/TCP;unicast;interleaved=0-1" };
let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

async function serve(limits: Partial<RtspLimits> = {}, options: Partial<RtspServerOptions> = {}) {
  const { logger, lines } = recordingLogger();
  const stream = new ScriptedStream("cam_live");
  const streams = directoryOf(stream, new ScriptedStream("other_live"));
  const server = await RtspServer.listen(
    { host: "127.0.0.1", port: 0, streams, serverName: "Belfry", limits, ...options },
    { clock: systemClock, logger, signal: new AbortController().signal },
  );
  open.use(server);
  const url = `rtsp://127.0.0.1:${server.port}/cam_live`;
  const client = async () => open.use(await RawClient.connect(server.port));
  return { server, stream, lines, url, client };
}

/** A client that plays the video track. */
async function play(setting: Awaited<ReturnType<typeof serve>>) {
  const client = await setting.client();
  const session = sessionOf(await client.request("SETUP", `${setting.url}/trackID=0`, tcp));
  const answer = await client.request("PLAY", `${setting.url}/`, { Session: session });
  return { client, session, answer };
}

test("a client goes from OPTIONS to TEARDOWN", async () => {
  const { stream, url, client: connect } = await serve({}, { udp: false });
  const client = await connect();
  const options = await client.request("OPTIONS", url);
  expect(options.status).toBe(200);
  expect(header(options, "Public")).toContain("GET_PARAMETER");
  expect(header(options, "CSeq")).toBe("1");
  const description = await client.request("DESCRIBE", `${url}?x=1`, { Accept: "application/sdp" });
  expect(description.status).toBe(200);
  expect(header(description, "Content-Base")).toBe(`${url}/`);
  expect(header(description, "Content-Type")).toBe("application/sdp");
  expect(description.body).toContain("a=control:trackID=1");
  expect(stream.leases).toHaveLength(0);

  const video = await client.request("SETUP", `${url}/trackID=0`, {
    Transport: "RTP/AVP;unicast;client_port=6000-6001, RTP/AVP/TCP;unicast;interleaved=0-1",
    "User-Agent": "Tester/1",
  });
  expect(header(video, "Transport")).toBe("RTP/AVP/TCP;unicast;interleaved=0-1");
  expect(header(video, "Session")).toMatch(/^[0-9a-f]{16};timeout=60$/);
  const session = sessionOf(video);
  // The channels are taken: the next free ones are given instead.
  const audio = await client.request("SETUP", `${url}/trackID=1`, { ...tcp, Session: session });
  expect(header(audio, "Transport")).toBe("RTP/AVP/TCP;unicast;interleaved=2-3");
  expect(sessionOf(audio)).toBe(session);
  expect(stream.lastLease.viewer).toEqual({ kind: "rtsp", address: "127.0.0.1", userAgent: "Tester/1" });

  const playing = await client.request("PLAY", `${url}/`, { Session: session, Range: "npt=0.000-" });
  expect(header(playing, "Range")).toBe("npt=0.000-");
  expect(header(playing, "RTP-Info")).toBe(`url=${url}/trackID=0;seq=100,url=${url}/trackID=1;seq=101`);
  for (const method of ["PLAY", "PAUSE", "PLAY", "GET_PARAMETER", "SET_PARAMETER"])
    expect((await client.request(method, url, { Session: session })).status).toBe(200);
  expect(stream.lastLease.calls).toEqual(["play", "pause", "resume"]);
  expect((await client.request("TEARDOWN", url, { Session: session })).status).toBe(200);
  expect(stream.lastLease.calls.slice(3)).toEqual(["stop", "release"]);
  expect((await client.request("PLAY", url, { Session: session })).status).toBe(454);
});

test("media follows the answer to PLAY, framed, and RTCP has its own channel", async () => {
  const setting = await serve();
  const payloads = [randomPayload(1_300), randomPayload(5)];
  setting.stream.kept = [batchOf(...payloads)];
  const { client } = await play(setting);
  await client.until(() => client.frames.length === 2);
  expect(client.order).toEqual(["answer", "answer", "frame", "frame"]);
  expect(client.frames.map(({ channel }) => channel)).toEqual([0, 0]);
  expect(client.frames.map(({ payload }) => payload.subarray(12))).toEqual(payloads);
  setting.stream.lastLease.output?.writeRtcp(0, Buffer.from("report"));
  await client.until(() => client.frames.length === 3);
  expect(client.frames[2]).toEqual({ channel: 1, payload: Buffer.from("report") });
  expect(setting.stream.lastLease.output?.pendingBytes).toBe(0);
});

test("bytes that a stopped client does not take are counted as pending", async () => {
  const setting = await serve();
  const { client } = await play(setting);
  client.socket.pause();
  const output = setting.stream.lastLease.output;
  for (let batch = 0; batch < 200; batch++) output?.writeRtp(0, batchOf(randomPayload(60_000)));
  expect(output?.pendingBytes).toBeGreaterThan(1_000_000);
});

test.each<[number, string, string, Record<string, string>]>([
  [404, "DESCRIBE", "/nobody", {}],
  [404, "SETUP", "/nobody/trackID=0", tcp],
  [404, "SETUP", "/cam_live/trackID=7", tcp],
  [406, "DESCRIBE", "/cam_live", { Accept: "text/html" }],
  [405, "ANNOUNCE", "/cam_live", {}],
  [405, "RECORD", "/cam_live", {}],
  [501, "FROBNICATE", "/cam_live", {}],
  [400, "OPTIONS", "/cam_live", { CSeq: "one" }],
  [551, "DESCRIBE", "/cam_live", { Require: "www.onvif.org/ver20/backchannel" }],
  [459, "SETUP", "/cam_live", tcp],
  [461, "SETUP", "/cam_live/trackID=0", { Transport: "RTP/AVP;multicast;client_port=5000-5001" }],
  [461, "SETUP", "/cam_live/trackID=0", { Transport: "RTP/AVP;unicast" }],
  [461, "SETUP", "/cam_live/trackID=0", { Transport: "RTP/AVP;unicast;client_port=53-54" }],
  [461, "SETUP", "/cam_live/trackID=0", { Transport: "RTP/AVP/TCP;multicast" }],
  [461, "SETUP", "/cam_live/trackID=0", { Transport: "RTP/AVP/TCP;mode=record" }],
  [461, "SETUP", "/cam_live/trackID=0", {}],
  [454, "SETUP", "/cam_live/trackID=0", { ...tcp, Session: "none" }],
  [454, "PLAY", "/cam_live", { Session: "none" }],
  [454, "PLAY", "/cam_live", {}],
  [454, "PAUSE", "/cam_live", { Session: "none" }],
  [454, "TEARDOWN", "/cam_live", {}],
  [454, "GET_PARAMETER", "/cam_live", { Session: "none" }],
])("%i to %s %s %j", async (status, method, path, headers) => {
  const { server, client: connect } = await serve();
  const client = await connect();
  const answer = await client.request(method, `rtsp://127.0.0.1:${server.port}${path}`, headers);
  expect(answer.status).toBe(status);
  if (status === 551) expect(header(answer, "Unsupported")).toBe("www.onvif.org/ver20/backchannel");
  if (headers["CSeq"] === undefined) expect(header(answer, "CSeq")).toBe("1");
  expect((await client.request("OPTIONS", "*")).status).toBe(200);
});

test("455, 459, 460 and 453 where the session is in another state or names another thing", async () => {
  const { url, client: connect } = await serve({ sessionsPerConnection: 2 });
  const client = await connect();
  const session = sessionOf(await client.request("SETUP", `${url}/trackID=0`, tcp));
  const other = url.replace("cam_live", "other_live");
  expect((await client.request("SETUP", `${other}/trackID=0`, { ...tcp, Session: session })).status).toBe(459);
  await client.request("SETUP", `${url}/trackID=1`, { ...tcp, Session: session });
  expect((await client.request("PLAY", `${url}/trackID=1`, { Session: session })).status).toBe(460);
  expect((await client.request("PLAY", url, { Session: session })).status).toBe(200);
  expect((await client.request("SETUP", `${url}/trackID=0`, { ...tcp, Session: session })).status).toBe(455);
  expect((await client.request("SETUP", `${url}/trackID=0`, tcp)).status).toBe(200);
  expect((await client.request("SETUP", `${url}/trackID=0`, tcp)).status).toBe(453);
});

test("one track can be given up while the others go on", async () => {
  const { stream, url, client: connect } = await serve();
  const client = await connect();
  const session = sessionOf(await client.request("SETUP", `${url}/trackID=0`, tcp));
  await client.request("SETUP", `${url}/trackID=1`, { ...tcp, Session: session });
  await client.request("PLAY", url, { Session: session });
  expect((await client.request("TEARDOWN", `${url}/trackID=0`, { Session: session })).status).toBe(200);
  const { output } = stream.lastLease;
  output?.writeRtp(0, batchOf(Buffer.from("video")));
  output?.writeRtp(1, batchOf(Buffer.from("audio")));
  await client.until(() => client.frames.length > 0);
  expect(client.frames[0]?.payload.subarray(12)).toEqual(Buffer.from("audio"));
  expect(stream.lastLease.calls).toEqual(["play", "remove 0"]);
  expect(stream.openLeases).toBe(1);
  await client.request("TEARDOWN", `${url}/trackID=1`, { Session: session });
  expect(stream.openLeases).toBe(0);
});

test("a refusal becomes a status at DESCRIBE and SETUP; VLC is told 404", async () => {
  const { stream, url, client: connect } = await serve();
  stream.refusal = new StreamRefusedError("offline", "The camera is offline", { retryAfterMs: 30_000 });
  const client = await connect();
  const description = await client.request("DESCRIBE", url);
  expect([description.status, header(description, "Retry-After")]).toEqual([503, "30"]);
  stream.refusal = undefined;
  await client.request("DESCRIBE", url);
  stream.refusal = new StreamRefusedError("locked", "Locked");
  expect((await client.request("SETUP", `${url}/trackID=0`, tcp)).status).toBe(403);
  const vlc = { "User-Agent": "LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)" };
  expect((await client.request("DESCRIBE", url, vlc)).status).toBe(404);
});

test("a stream that ends before PLAY is told by status", async () => {
  const { stream, url, client: connect } = await serve();
  const client = await connect();
  const session = sessionOf(await client.request("SETUP", `${url}/trackID=0`, tcp));
  stream.lastLease.end(new StreamRefusedError("failed", "No answer"));
  await stream.released();
  expect((await client.request("PLAY", url, { Session: session })).status).toBe(503);
  expect((await client.request("PLAY", url, { Session: session })).status).toBe(454);
});

test("a stream that ends while it plays: goodbye, then the connection closes", async () => {
  const setting = await serve();
  const { client } = await play(setting);
  setting.stream.lastLease.end(new StreamRefusedError("failed", "The call was lost"));
  await client.closed;
  expect(client.frames.at(-1)).toEqual({ channel: 1, payload: Buffer.from("BYE") });
  expect(setting.stream.lastLease.calls).toEqual(["play", "stop", "release"]);
});

test("a reader that the hub gives up is closed, also when it takes no more bytes", async () => {
  const setting = await serve({ flushMs: 50 });
  const { client } = await play(setting);
  client.socket.pause();
  const { output } = setting.stream.lastLease;
  for (let batch = 0; batch < 200; batch++) output?.writeRtp(0, batchOf(randomPayload(60_000)));
  output?.end(new Error("too slow"));
  await setting.stream.released();
  client.socket.resume();
  await client.closed;
});

test("a connection that breaks releases its streams, also one that waits for a description", async () => {
  const { server, stream, url, client: connect } = await serve();
  const client = await connect();
  await client.request("SETUP", `${url}/trackID=0`, tcp);
  expect(stream.openLeases).toBe(1);
  client.socket.resetAndDestroy();
  await stream.released();
  const gate = Promise.withResolvers<void>();
  stream.gate = gate.promise;
  const waiting = await connect();
  waiting.socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  await waiting[Symbol.asyncDispose]();
  gate.resolve();
  await server[Symbol.asyncDispose]();
  expect(server.connectionCount).toBe(0);
});

test("requests that come together are answered in order, with frames between them", async () => {
  const { url, client: connect } = await serve();
  const client = await connect();
  const frame = Buffer.from([0x24, 1, 0, 1, 0]);
  const request = (sequence: number) => Buffer.from(`OPTIONS ${url} RTSP/1.0\r\nCSeq: ${sequence}\r\n\r\n`);
  const sequences = Array.from({ length: 60 }, (_, index) => index + 1);
  client.socket.write(Buffer.concat(sequences.flatMap((sequence) => [request(sequence), frame])));
  await client.until(() => client.answers.length === 60);
  expect(client.answers.map((answer) => header(answer, "CSeq"))).toEqual(sequences.map(String));
});

test.each([
  "GET / HTTP/1.0\r\n\r\n",
  "\u0016\u0003\u0001\u0002",
  "OPTIONS * RTSP/1.0\r\n\u0000\r\n",
  "a".repeat(20_000),
])("what is not RTSP is refused and the connection closed: %j", async (bytes) => {
  const { client: connect, stream } = await serve();
  const client = await connect();
  expect((await client.raw(bytes)).status).toBeGreaterThanOrEqual(400);
  await client.closed;
  expect(stream.leases).toHaveLength(0);
});

test("idle and dawdling connections are closed, playing ones stay", async () => {
  const setting = await serve({ idleMs: 200, messageMs: 60 });
  const player = await play(setting);
  const idle = await setting.client();
  const dawdler = await setting.client();
  dawdler.socket.write("OPTIONS * RT");
  await dawdler.closed;
  await idle.closed;
  const second = await setting.client();
  await second.request("SETUP", `${setting.url}/trackID=0`, tcp);
  await second.closed;
  expect((await player.client.request("GET_PARAMETER", setting.url, { Session: player.session })).status).toBe(200);
  expect(setting.stream.openLeases).toBe(1);
});

test("a client that asks without end and never reads is cut off", async () => {
  const { server, client: connect } = await serve({ unreadBytes: 100_000 });
  const { socket } = await connect();
  socket.pause();
  const requests = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(1_000);
  while (!socket.destroyed) await new Promise((resolve) => socket.write(requests, resolve));
  await server[Symbol.asyncDispose]();
  expect(server.connectionCount).toBe(0);
});

test("a session that is never played, or paused for too long, does not hold the stream, whatever its client says", async () => {
  const setting = await serve({ unplayedMs: 300, pausedMs: 600, idleMs: 5_000 });
  const { stream, url } = setting;
  const player = await play(setting);
  const { client, session } = await play(setting);
  const lateClient = await setting.client();
  const late = sessionOf(await lateClient.request("SETUP", `${url}/trackID=0`, tcp));
  const [, pausing, waiting] = stream.leases;
  const pausedAt = performance.now();
  for (const method of ["PAUSE", "PLAY", "PAUSE"]) await client.request(method, url, { Session: session });
  const isHeld = (lease: ScriptedLease | undefined): boolean => lease?.calls.includes("release") === false;
  const keepAlive = async (of: RawClient, id: string, lease: ScriptedLease | undefined): Promise<void> => {
    while (isHeld(lease)) {
      await of.request("OPTIONS", url, { Session: id });
      await pause(10);
    }
  };
  await Promise.all([keepAlive(client, session, pausing), keepAlive(lateClient, late, waiting)]);
  expect(performance.now() - pausedAt).toBeGreaterThan(600);
  expect((await client.request("PLAY", url, { Session: session })).status).toBe(454);
  expect((await lateClient.request("PLAY", url, { Session: late })).status).toBe(454);
  expect(stream.openLeases).toBe(1);
  expect((await player.client.request("OPTIONS", url, { Session: player.session })).status).toBe(200);
  const said = setting.lines.map(({ line }) => line).join("\n");
  expect(said).toMatch(/watched cam_live for \d+ s: it was paused for too long/);
});

test("too many connections are turned away", async () => {
  const { client: connect } = await serve({ connections: 1 });
  const first = await connect();
  await first.request("OPTIONS", "*");
  const second = await connect();
  await second.closed;
  expect(second.answers[0]?.status).toBe(503);
  expect((await first.request("OPTIONS", "*")).status).toBe(200);
});

test("too many connections in a short time are cut", async () => {
  const { client: connect } = await serve({ loopbackRate: { perSecond: 0, burst: 1 } });
  const first = await connect();
  const second = await connect();
  await second.closed;
  expect(second.answers).toEqual([]);
  expect((await first.request("OPTIONS", "*")).status).toBe(200);
});

test("with credentials everything but OPTIONS needs a login; three wrong ones end the connection", async () => {
  const credentials = { username: "ann", password: "pässword" };
  const { url, lines, client: connect } = await serve({ failedLoginDelayMs: 20 }, { credentials });
  const client = await connect();
  expect((await client.request("OPTIONS", url)).status).toBe(200);
  const challenge = await client.request("DESCRIBE", url);
  expect(challenge.status).toBe(401);
  const offered = challenge.headers
    .filter(([name]) => name === "www-authenticate")
    .map(([, text]) => text.split(" ")[0]);
  expect(offered).toEqual(["Digest", "Basic"]);
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  const startedAt = performance.now();
  expect((await client.request("DESCRIBE", url, basic("ann:wrong"))).status).toBe(401);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
  expect((await client.request("DESCRIBE", url, basic("ann:pässword"))).status).toBe(200);
  expect((await client.request("SETUP", `${url}/trackID=0`, tcp)).status).toBe(200);
  const guesser = await connect();
  for (let guess = 0; guess < 3; guess++) await guesser.request("DESCRIBE", url, basic("ann:guess"));
  await guesser.closed;
  expect(JSON.stringify(lines)).not.toMatch(/pässword|guess|YW5u/);
});

test("an address that goes on guessing has to wait longer, and gets one try a connection", async () => {
  const credentials = { username: "ann", password: "right" };
  const limits = { failedLoginDelayMs: 40, failedLoginRate: { perSecond: 0.001, burst: 2 } };
  const { url, client: connect } = await serve(limits, { credentials });
  const headers = { Authorization: `Basic ${Buffer.from("ann:wrong").toString("base64")}` };
  const first = await connect();
  for (let guess = 0; guess < 2; guess++) expect((await first.request("DESCRIBE", url, headers)).status).toBe(401);
  const second = await connect();
  const startedAtMs = performance.now();
  expect((await second.request("DESCRIBE", url, headers)).status).toBe(401);
  expect(performance.now() - startedAtMs).toBeGreaterThan(190);
  await second.closed;
  const right = { Authorization: `Basic ${Buffer.from("ann:right").toString("base64")}` };
  expect((await (await connect()).request("DESCRIBE", url, right)).status).toBe(200);
});

const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

test.skipIf(!ownAddress)("one address that is not our machine's loopback cannot take all the room", async () => {
  const { server } = await serve({ connectionsPerAddress: 2 }, { host: "0.0.0.0" });
  const clients = [];
  for (let count = 0; count < 3; count++) clients.push(open.use(await RawClient.connect(server.port, ownAddress)));
  await clients[2]?.closed;
  expect(clients[2]?.answers.map(({ status }) => status)).toEqual([503]);
  for (const client of clients.slice(0, 2)) expect((await client.request("OPTIONS", "*")).status).toBe(200);
  const local = open.use(await RawClient.connect(server.port));
  expect((await local.request("OPTIONS", "*")).status).toBe(200);
});

test("a taken port is a permanent error that names it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await expect(serve({}, { port })).rejects.toMatchObject({
    code: "rtsp.port-taken",
    message: expect.stringContaining(String(port)),
  });
  other.close();
  await expect(serve({}, { host: "203.0.113.1" })).rejects.toMatchObject({ code: "rtsp.listen" });
});

test("ending the server cuts its connections and releases the streams", async () => {
  const setting = await serve();
  const { client } = await play(setting);
  await setting.server[Symbol.asyncDispose]();
  await client.closed;
  expect(setting.stream.openLeases).toBe(0);
  await expect(RawClient.connect(setting.server.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("the log tells the owner who watches, once at each end", async () => {
  const setting = await serve();
  const { client, session } = await play(setting);
  await client.request("TEARDOWN", setting.url, { Session: session });
  expect(setting.lines.filter(({ level }) => level !== "debug").map(({ line }) => line)).toEqual([
    "127.0.0.1 watches cam_live",
    "127.0.0.1 watched cam_live for 0 s",
  ]);
});

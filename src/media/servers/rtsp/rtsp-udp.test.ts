import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../../foundation/clock.fake.ts";
import { systemClock } from "../../../foundation/clock.ts";
import { recordingLogger } from "../../../foundation/logger.fake.ts";
import { StreamEndedError } from "../../errors.ts";
import { buildBye, buildEmptyReceiverReport } from "../../formats/rtcp-build.ts";
import { PacedQueue } from "./paced-queue.ts";
import { header, RawClient, sessionOf } from "./rtsp-client.fake.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import { RtspServer, type RtspServerOptions } from "./rtsp-server.ts";
import { batchOf, directoryOf, randomPayload, ScriptedStream } from "./scripted-stream.fake.ts";
import { UdpPortPair } from "./udp-port-pair.ts";

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

async function serve(limits: Partial<RtspLimits> = {}, options: Partial<RtspServerOptions> = {}) {
  const { logger, lines } = recordingLogger();
  const stream = new ScriptedStream("cam_live");
  const server = await RtspServer.listen(
    { host: "127.0.0.1", port: 0, streams: directoryOf(stream), serverName: "Belfry", limits, ...options },
    { clock: systemClock, logger, signal: new AbortController().signal },
  );
  open.use(server);
  const url = `rtsp://127.0.0.1:${server.port}/cam_live`;
  const connect = async () => open.use(await RawClient.connect(server.port));
  return { server, stream, lines, url, connect };
}

/** A socket of a player, with what came to it. */
async function playerSocket(): Promise<{
  socket: Socket;
  port: number;
  received: Buffer[];
  from: number[];
  until: (count: number) => Promise<void>;
}> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.defer(() => void socket.close());
  const received: Buffer[] = [];
  const from: number[] = [];
  socket.on("message", (packet, { port }) => {
    received.push(packet);
    from.push(port);
  });
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await once(socket, "message");
  };
  return { socket, port: socket.address().port, received, from, until };
}

const interfaces = Object.values(networkInterfaces()).flat();
const hasIpv6 = interfaces.some((one) => one?.address === "::1");

/** A player with its sockets that plays one track. */
async function play(setting: Awaited<ReturnType<typeof serve>>, profile = "RTP/AVP") {
  const [rtp, rtcp, client] = await Promise.all([playerSocket(), playerSocket(), setting.connect()]);
  const transport = `${profile};unicast;client_port=${rtp.port}-${rtcp.port}`;
  const setup = await client.request("SETUP", `${setting.url}/trackID=0`, { Transport: transport });
  const session = sessionOf(setup);
  const answer = await client.request("PLAY", `${setting.url}/`, { Session: session });
  const serverPort = Number(/server_port=(\d+)-/.exec(header(setup, "Transport") ?? "")?.[1]);
  const report = (packet: Buffer): void => rtcp.socket.send(packet, serverPort + 1, "127.0.0.1");
  return { rtp, rtcp, client, setup, session, answer, serverPort, report };
}

test("media comes by UDP from an even port, and RTCP from the odd one behind it", async () => {
  const setting = await serve();
  const { rtp, rtcp, setup, answer, serverPort } = await play(setting);
  expect(answer.status).toBe(200);
  expect(serverPort % 2).toBe(0);
  expect(serverPort).toBe(setting.server.udpPort);
  expect(header(setup, "Transport")).toBe(
    `RTP/AVP;unicast;client_port=${rtp.port}-${rtcp.port};server_port=${serverPort}-${serverPort + 1}`,
  );
  const payloads = [randomPayload(1_200), randomPayload(5)];
  setting.stream.lastLease.output?.writeRtp(0, batchOf(...payloads));
  setting.stream.lastLease.output?.writeRtcp(0, Buffer.from("report"));
  await Promise.all([rtp.until(2), rtcp.until(1)]);
  expect(rtp.received.map((packet) => packet.subarray(12))).toEqual(payloads);
  expect(rtp.received.map((packet) => packet.length)).toEqual([1_212, 17]);
  expect(rtp.from).toEqual([serverPort, serverPort]);
  expect(rtcp.received.map(String)).toEqual(["report"]);
  expect(rtcp.from).toEqual([serverPort + 1]);
});

test("the profile is answered as the client wrote it, and the peer's address counts, not the one it names", async () => {
  const setting = await serve();
  const [rtp, rtcp, client] = await Promise.all([playerSocket(), playerSocket(), setting.connect()]);
  const setup = await client.request("SETUP", `${setting.url}/trackID=0`, {
    Transport: `RTP/AVP/UDP;unicast;destination=192.0.2.66;client_port=${rtp.port}-${rtcp.port};mode="PLAY"`,
  });
  expect(header(setup, "Transport")).toMatch(/^RTP\/AVP\/UDP;unicast;client_port=/);
  expect(header(setup, "Transport")).not.toContain("192.0.2.66");
  await client.request("PLAY", setting.url, { Session: sessionOf(setup) });
  setting.stream.lastLease.output?.writeRtp(0, batchOf(randomPayload(3)));
  await rtp.until(1);
});

test("what the client sends to our ports opens its firewall and harms nobody", async () => {
  const setting = await serve();
  const { rtp, serverPort } = await play(setting);
  for (const bytes of [Buffer.alloc(0), Buffer.from([0x80]), randomPayload(60_000)]) {
    rtp.socket.send(bytes, serverPort, "127.0.0.1");
    rtp.socket.send(bytes, serverPort + 1, "127.0.0.1");
  }
  setting.stream.lastLease.output?.writeRtp(0, batchOf(randomPayload(3)));
  await rtp.until(1);
});

test("a session whose viewer reports goes on; a silent one ends after the timeout", async () => {
  const setting = await serve({ idleMs: 300 });
  const [talking, silent] = [await play(setting), await play(setting)];
  const [talkingLease, silentLease] = setting.stream.leases;
  const timer = setInterval(() => talking.report(buildEmptyReceiverReport(1, "x")), 50);
  open.defer(() => clearInterval(timer));
  await silent.client.closed;
  expect(silentLease?.calls).toEqual(["play", "stop", "release"]);
  expect(talkingLease?.calls).toEqual(["play"]);
  expect(setting.lines.map(({ line }) => line).join("\n")).toContain("nothing was heard of it any more");
  clearInterval(timer);
  await talking.client.closed;
  expect(talkingLease?.calls).toEqual(["play", "stop", "release"]);
});

test("reports from another port than the announced one count for nothing", async () => {
  const setting = await serve({ idleMs: 200 });
  const { client, rtp, serverPort } = await play(setting);
  const timer = setInterval(() => rtp.socket.send(buildEmptyReceiverReport(1, "x"), serverPort + 1, "127.0.0.1"), 20);
  open.defer(() => clearInterval(timer));
  await client.closed;
});

test("a good-bye ends the session soon, and may be followed by TEARDOWN", async () => {
  const setting = await serve({ idleMs: 4_000 });
  const first = await play(setting);
  first.report(buildBye(1, "x"));
  await setting.stream.released();
  const second = await play(setting);
  second.report(buildBye(1, "x"));
  expect((await second.client.request("TEARDOWN", setting.url, { Session: second.session })).status).toBe(200);
});

test("a session that gets nothing by UDP is replaced by one over TCP on the same connection", async () => {
  const setting = await serve();
  const { client, session } = await play(setting);
  expect((await client.request("PAUSE", setting.url, { Session: session })).status).toBe(200);
  const setup = await client.request("SETUP", `${setting.url}/trackID=0`, {
    Transport: "RTP/AVP/TCP;unicast;interleaved=0-1",
  });
  expect(sessionOf(setup)).not.toBe(session);
  expect(setting.stream.leases.map(({ calls }) => calls.at(-1))).toEqual(["release", undefined]);
  expect((await client.request("PLAY", setting.url, { Session: session })).status).toBe(454);
  expect((await client.request("PLAY", setting.url, { Session: sessionOf(setup) })).status).toBe(200);
});

test("a session keeps the transport of its first track, and two sessions cannot have the same ports", async () => {
  const setting = await serve();
  const { client, session, rtp, rtcp } = await play(setting);
  const tcp = { Transport: "RTP/AVP/TCP;unicast;interleaved=0-1" };
  const same = { Transport: `RTP/AVP;unicast;client_port=${rtp.port}-${rtcp.port}` };
  const fresh = await setting.connect();
  expect((await fresh.request("SETUP", `${setting.url}/trackID=0`, same)).status).toBe(461);
  expect(setting.stream.openLeases).toBe(1);
  const first = await fresh.request("SETUP", `${setting.url}/trackID=0`, tcp);
  const second = await fresh.request("SETUP", `${setting.url}/trackID=1`, { ...same, Session: sessionOf(first) });
  expect([first.status, second.status]).toEqual([200, 461]);
  await client.request("TEARDOWN", setting.url, { Session: session });
  expect((await fresh.request("SETUP", `${setting.url}/trackID=0`, same)).status).toBe(200);
});

test("one of two tracks is given up, and the session ends with the other", async () => {
  const setting = await serve();
  const sockets = await Promise.all([playerSocket(), playerSocket(), playerSocket(), playerSocket()]);
  const [a, b, c, d] = sockets.map(({ port }) => port);
  const client = await setting.connect();
  const setup = await client.request("SETUP", `${setting.url}/trackID=0`, {
    Transport: `RTP/AVP;unicast;client_port=${a}-${b}`,
  });
  const headers = { Session: sessionOf(setup) };
  await client.request("SETUP", `${setting.url}/trackID=1`, {
    ...headers,
    Transport: `RTP/AVP;unicast;client_port=${c}-${d}`,
  });
  await client.request("PLAY", setting.url, headers);
  expect((await client.request("TEARDOWN", `${setting.url}/trackID=1`, headers)).status).toBe(200);
  const { output } = setting.stream.lastLease;
  output?.writeRtp(1, batchOf(randomPayload(9)));
  output?.writeRtp(0, batchOf(randomPayload(9)));
  await sockets[0]?.until(1);
  expect(sockets[2]?.received).toEqual([]);
  await client.request("TEARDOWN", `${setting.url}/trackID=0`, headers);
  expect(setting.stream.openLeases).toBe(0);
});

test("a key frame of a megabyte arrives whole", async () => {
  const setting = await serve();
  const { rtp } = await play(setting);
  const payloads = Array.from({ length: 800 }, () => randomPayload(1_250));
  const { output } = setting.stream.lastLease;
  output?.writeRtp(0, batchOf(...payloads));
  expect(output?.pendingBytes).toBeGreaterThan(900_000);
  await rtp.until(800);
  expect(rtp.received.every((packet, at) => packet.subarray(12).equals(payloads[at] ?? Buffer.alloc(0)))).toBe(true);
  expect(output?.pendingBytes).toBe(0);
});

test("the last packets of a stream and its good-bye arrive before the session ends", async () => {
  const setting = await serve();
  const { rtp, rtcp, client } = await play(setting);
  const payloads = Array.from({ length: 400 }, () => randomPayload(1_250));
  const lease = setting.stream.lastLease;
  lease.output?.writeRtp(0, batchOf(...payloads));
  lease.end(new StreamEndedError("off", "The stream was switched off"));
  await client.closed;
  await Promise.all([rtp.until(400), rtcp.until(1)]);
  expect(rtcp.received.map(String)).toEqual(["BYE"]);
  expect(lease.calls).toEqual(["play", "stop", "release"]);
});

test("what does not leave in time keeps no session open, nor does a player that has gone", async () => {
  const setting = await serve({ flushMs: 40 });
  const slow = await play(setting);
  const batch = batchOf(...Array.from({ length: 4_000 }, () => randomPayload(1_250)));
  const reason = new StreamEndedError("off", "The stream was switched off");
  const end = (): void => {
    setting.stream.lastLease.output?.writeRtp(0, batch);
    setting.stream.lastLease.end(reason);
  };
  end();
  await setting.stream.released();
  await slow.client.closed;
  expect(slow.rtp.received.length).toBeLessThan(4_000);
  const gone = await play(setting);
  end();
  gone.client.socket.destroy();
  await setting.stream.released();
});

test("without UDP ports there is TCP; a wanted pair is taken", async () => {
  const taken = await serve();
  const { udpPort } = taken.server;
  const other = await serve({}, { udpPort });
  expect(other.server.udpPort).toBeUndefined();
  expect(other.lines.map(({ line }) => line).join("\n")).toContain("served by TCP only");
  const client = await other.connect();
  const udp = { Transport: "RTP/AVP;unicast;client_port=6000-6001" };
  expect((await client.request("SETUP", `${other.url}/trackID=0`, udp)).status).toBe(461);
  await expect(UdpPortPair.bind("127.0.0.1", 35_001, recordingLogger().logger)).rejects.toMatchObject({
    code: "rtsp.udp",
  });
  await taken.server[Symbol.asyncDispose]();
  expect((await serve({}, { udpPort })).server.udpPort).toBe(udpPort);
});

test.skipIf(!hasIpv6)("a server of both families reaches viewers of either", async () => {
  const setting = await serve({}, { host: "::" });
  for (const [type, address, host] of [
    ["udp4", "127.0.0.1", "127.0.0.1"],
    ["udp6", "::1", "[::1]"],
  ] as const) {
    const socket = createSocket(type);
    socket.bind(0, address);
    await once(socket, "listening");
    open.defer(() => void socket.close());
    const client = open.use(await RawClient.connect(setting.server.port, address));
    const { port } = socket.address();
    const url = `rtsp://${host}:${setting.server.port}/cam_live`;
    const transport = `RTP/AVP;unicast;client_port=${port}-${port + 1}`;
    const setup = await client.request("SETUP", `${url}/trackID=0`, { Transport: transport });
    await client.request("PLAY", url, { Session: sessionOf(setup) });
    const received = once(socket, "message");
    setting.stream.lastLease.output?.writeRtp(0, batchOf(randomPayload(9)));
    expect((await received)[0]).toHaveLength(21);
  }
});

test("a queue lets out a burst at once and the rest at its pace, in order", async () => {
  const clock = new ManualClock();
  using queue = new PacedQueue(clock, { burstBytes: 1_000, bytesPerMs: 500 });
  const sent: number[] = [];
  for (let packet = 0; packet < 50; packet++) queue.push(100, () => void sent.push(packet));
  expect(sent).toHaveLength(10);
  expect(queue.pendingBytes).toBe(4_000);
  await clock.advance(2);
  expect(sent).toHaveLength(20);
  await clock.advance(6);
  expect(sent).toEqual(Array.from({ length: 50 }, (_, packet) => packet));
  expect(clock.pending).toBe(0);
  await clock.advance(100);
  for (let packet = 0; packet < 20; packet++) queue.push(100, () => void sent.push(packet));
  expect(sent).toHaveLength(60);
  queue.whenEmpty(() => void sent.push(Number.NaN));
  expect(sent).toHaveLength(60);
  await clock.advance(4);
  expect(sent).toHaveLength(71);
  expect(sent.at(-1)).toBeNaN();
  queue.whenEmpty(() => void sent.push(0));
  expect(sent).toHaveLength(72);
});

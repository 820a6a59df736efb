import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../../foundation/clock.ts";
import { recordingLogger } from "../../../foundation/logger.fake.ts";
import { buildSenderReport } from "../../formats/rtcp-build.ts";
import { serializeRtp } from "../../formats/rtp.ts";
import type { MediaSession, MediaSink, SourceTrackKind } from "../../hub/media-source.ts";
import { PublishedSources } from "../../hub/published-source.ts";
import { InternalListener } from "./internal-listener.ts";
import { header, RawClient, sessionOf } from "./rtsp-client.fake.ts";
import { RtspServer } from "./rtsp-server.ts";
import { directoryOf } from "./scripted-stream.fake.ts";

const video =
  "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:streamid=0\r\n";
const opus = "m=audio 0 RTP/AVP 98\r\na=rtpmap:98 opus/48000/2\r\na=control:streamid=1\r\n";
const other = "m=audio 0 RTP/AVP 99\r\na=rtpmap:99 L16/44100/2\r\na=control:streamid=2\r\n";
const sdp = (...media: readonly string[]): string =>
  `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n${media.join("")}`;
const tcp = (channels: string): { Transport: string } => ({
  Transport: `RTP/AVP/TCP;unicast;interleaved=${channels};mode=record`,
});

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

class Collector implements MediaSink {
  readonly seen: string[] = [];
  readonly #waiting: (() => void)[] = [];
  track(track: { readonly codec: string }): void {
    this.seen.push(track.codec);
  }
  silent(): void {
    this.seen.push("silent");
  }
  packet(kind: SourceTrackKind, { sequenceNumber }: { readonly sequenceNumber: number }): void {
    this.#add(`${kind} ${sequenceNumber}`);
  }
  restart(kind: SourceTrackKind): void {
    this.#add(`${kind} restart`);
  }
  senderReport(kind: SourceTrackKind, rtpTimestamp: number): void {
    this.#add(`${kind} report ${rtpTimestamp}`);
  }
  async until(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  #add(what: string): void {
    this.seen.push(what);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

async function publishing() {
  const { logger } = recordingLogger();
  const dependencies = { clock: systemClock, logger, signal: new AbortController().signal };
  const published = new PublishedSources();
  const server = open.use(
    await RtspServer.listen(
      { host: "127.0.0.1", port: 0, streams: directoryOf(), serverName: "Belfry", publishers: published },
      dependencies,
    ),
  );
  const sink = new Collector();
  const opening = published.source("cam").open(sink, dependencies.signal);
  const url = `rtsp://127.0.0.1:${server.port}/cam`;
  const connect = async () => open.use(await RawClient.connect(server.port));
  return { published, server, sink, opening, url, connect };
}

const announce = (client: RawClient, url: string, body: string, type = "application/sdp") =>
  client.raw(
    `ANNOUNCE ${url} RTSP/1.0\r\nCSeq: 7\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );

/** A client that records a video and an Opus track. */
async function record(stage: Awaited<ReturnType<typeof publishing>>) {
  const client = await stage.connect();
  const announced = await announce(client, stage.url, sdp(video, opus, other));
  const first = await client.request("SETUP", `${stage.url}/streamid=0`, tcp("0-1"));
  const session = { Session: sessionOf(first) };
  const second = await client.request("SETUP", `${stage.url}/streamid=1`, { ...tcp("2-3"), ...session });
  const third = await client.request("SETUP", `${stage.url}/streamid=2`, { ...tcp("4-5"), ...session });
  const recording = await client.request("RECORD", stage.url, { ...session, Range: "npt=0.000-" });
  return { client, session, answers: [announced, first, second, third, recording] };
}

const frame = (channel: number, packet: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x24, channel, packet.length >> 8, packet.length & 255]), packet]);

const rtp = (payloadType: number, sequenceNumber: number): Buffer =>
  serializeRtp({ payloadType, sequenceNumber, timestamp: 0, marker: true, ssrc: 5, payload: Buffer.from("x") });

test("a client publishes from ANNOUNCE to TEARDOWN; what we do not carry is taken and dropped", async () => {
  const stage = await publishing();
  const { client, session, answers } = await record(stage);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const first = answers[1];
  expect(first && header(first, "session")).toMatch(/^[0-9a-f]{16};timeout=60$/);
  expect(first && header(first, "transport")).toBe("RTP/AVP/TCP;unicast;interleaved=0-1;mode=record");
  const report = buildSenderReport({ ssrc: 5, cname: "x", unixMs: 1e12, rtpTimestamp: 77, packets: 1, octets: 1 });
  client.socket.write(
    Buffer.concat([
      ...[frame(0, rtp(96, 1)), frame(4, rtp(99, 2)), frame(2, rtp(98, 3)), frame(0, rtp(97, 4)), frame(9, rtp(96, 5))],
      ...[frame(0, Buffer.from("no RTP")), frame(1, report), frame(3, Buffer.from("no RTCP")), frame(0, rtp(96, 6))],
    ]),
  );
  await stage.sink.until(6);
  expect(stage.sink.seen).toEqual(["opus", "h264", "video 1", "audio 3", "video report 77", "video 6"]);
  expect((await client.request("OPTIONS", stage.url, session)).status).toBe(200);
  expect((await client.request("PLAY", stage.url, session)).status).toBe(455);
  expect((await client.request("TEARDOWN", stage.url, session)).status).toBe(200);
  expect(await (await stage.opening).ended).toBeUndefined();
});

test("a publisher that is just gone is an error; one that is not wanted any more is hung up", async () => {
  const lost = await publishing();
  const { client } = await record(lost);
  client.socket.destroy();
  expect(await (await lost.opening).ended).toMatchObject({ code: "publish.lost" });

  const unwanted = await publishing();
  const publisher = await record(unwanted);
  const session: MediaSession = await unwanted.opening;
  session.close();
  await publisher.client.closed;
});

test.each([
  [404, "nobody waits there", "/other", sdp(video), undefined],
  [415, "there is no video", "", sdp(opus), undefined],
  [415, "it is not SDP", "", sdp(video), "text/plain"],
  [400, "the SDP is broken", "", "v=1", undefined],
])("%i to ANNOUNCE where %s", async (status, _why, suffix, body, type) => {
  const { url, connect } = await publishing();
  expect((await announce(await connect(), `${url}${suffix}`, body, type)).status).toBe(status);
});

test("403 to a second publisher, 455, 454, 461 and 404 where the order or the track is wrong", async () => {
  const stage = await publishing();
  const { client, session } = await record(stage);
  expect((await announce(await stage.connect(), stage.url, sdp(video))).status).toBe(403);
  expect((await announce(client, stage.url, sdp(video))).status).toBe(455);
  expect((await client.request("SETUP", `${stage.url}/streamid=1`, { ...tcp("6-7"), ...session })).status).toBe(455);

  const fresh = await publishing();
  const early = await fresh.connect();
  expect((await early.request("RECORD", fresh.url)).status).toBe(454);
  await announce(early, fresh.url, sdp(video));
  expect((await early.request("RECORD", fresh.url)).status).toBe(454);
  const udp = { Transport: "RTP/AVP;unicast;client_port=5000-5001;mode=record" };
  expect((await early.request("SETUP", `${fresh.url}/streamid=0`, udp)).status).toBe(461);
  expect((await early.request("SETUP", `${fresh.url}/streamid=8`, tcp("0-1"))).status).toBe(404);
});

test("only a loopback listener lets anybody publish", async () => {
  const { logger } = recordingLogger();
  const dependencies = { clock: systemClock, logger, signal: new AbortController().signal };
  const options = { port: 0, streams: directoryOf(), serverName: "Belfry", publishers: new PublishedSources() };
  await expect(RtspServer.listen({ ...options, host: "0.0.0.0" }, dependencies)).rejects.toThrow("loopback");
});

test("the internal listener gives out places that nobody can guess and that serve once; nothing can be read there", async () => {
  const { logger } = recordingLogger();
  const dependencies = { clock: systemClock, logger, signal: new AbortController().signal };
  await using internal = await InternalListener.open({ serverName: "Belfry" }, dependencies);
  const [one, two] = [internal.openPublication(), internal.openPublication()];
  const pattern = /^rtsp:\/\/127\.0\.0\.1:\d+\/secret-[0-9a-f]{48}\/publish$/;
  expect(one.url).toMatch(pattern);
  expect(two.url).toMatch(pattern);
  expect(one.url).not.toBe(two.url);
  const connect = async () => open.use(await RawClient.connect(Number(new URL(one.url).port)));
  const answers = async (of: string) => [
    (await announce(await connect(), of, sdp(video))).status,
    (await (await connect()).request("DESCRIBE", of)).status,
  ];
  const [unopened, opening] = [two.url, one.source.open(new Collector(), dependencies.signal)];
  expect(await answers(unopened)).toEqual([404, 404]);
  const publisher = await connect();
  expect((await announce(publisher, one.url, sdp(video))).status).toBe(200);
  expect(await answers(one.url)).toEqual([403, 404]);
  publisher.socket.destroy();
  expect(await (await opening).ended).toMatchObject({ code: "publish.lost" });
  expect(await answers(one.url)).toEqual([404, 404]);
});

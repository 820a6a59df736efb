// Feeds damaged and random RTSP conversations to the parser and the protocol: `node bench/rtsp-fuzz.ts [inputs] [seed]`.
// Exits with 1 where something throws, an answer is a 500, a lease stays behind, or memory grows.
import { Writable } from "node:stream";
import { systemClock } from "../src/foundation/clock.ts";
import { createLogger } from "../src/foundation/logger.ts";
import { Redactor } from "../src/foundation/redact.ts";
import { serializeResponse } from "../src/media/formats/rtsp-message.ts";
import { RtspParser } from "../src/media/formats/rtsp-parser.ts";
import { PublishedSources } from "../src/media/hub/published-source.ts";
import { InterleavedTransports } from "../src/media/servers/rtsp/interleaved-transport.ts";
import { RtspConversation } from "../src/media/servers/rtsp/rtsp-conversation.ts";
import { usualRtspLimits } from "../src/media/servers/rtsp/rtsp-limits.ts";
import { directoryOf, ScriptedStream } from "../src/media/servers/rtsp/scripted-stream.fake.ts";
import { UdpPortPair } from "../src/media/servers/rtsp/udp-port-pair.ts";
import { UdpTransports } from "../src/media/servers/rtsp/udp-transport.ts";

const inputs = Number(process.argv[2] ?? 200_000);
const mostGrowthBytes = 32 * 1024 * 1024;

/** Numbers that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const random = randomNumbers(seed);
const one = <T>(choices: readonly [T, ...T[]]): T => choices[random(choices.length)] ?? choices[0];

/** Makes every line and forgets it. */
const logger = createLogger({ isEnabled: () => true, write: () => undefined }, new Redactor());
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
await using udpPorts = await UdpPortPair.bind("127.0.0.1", 0, logger);
const udp = new UdpTransports({ ports: udpPorts, address: "127.0.0.1", clock: systemClock });

const announcement =
  "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:streamid=0\r\n";
const sink = { track: () => undefined, packet: () => undefined, senderReport: () => undefined };

function requestText(session: string): string {
  const method = one([
    "OPTIONS",
    "DESCRIBE",
    "SETUP",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "ANNOUNCE",
    "RECORD",
    "X",
  ]);
  const path = one([
    "/cam_live",
    "/cam_live/trackID=0",
    "/cam_live/trackID=1",
    "/cam_live?a=b",
    "/cam_live/",
    "/cam_publish",
    "/cam_publish/streamid=0",
    "",
    "/%zz",
    "/nobody",
  ]);
  const url = one([`rtsp://127.0.0.1:8554${path}`, path || "*"]);
  const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${random(1_000)}`];
  if (random(2))
    lines.push(
      `Transport: ${one(["RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record", "RTP/AVP;unicast;client_port=5004-5005", "RTP/AVP;client_port=5-6,RTP/AVP/TCP", ";;=,"])}`,
    );
  if (random(2)) lines.push(`Session: ${one([session, session, session, `${session};timeout=60`, "x"])}`);
  if (random(16) === 0) lines.push("Require: something");
  const body = one(["b".repeat(random(20)), announcement]);
  if (body) lines.push("Content-Type: application/sdp", `Content-Length: ${body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function damaged(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from(bytes)];
  for (let count = random(5); count > 0; count--) {
    const whole = Buffer.concat(parts.splice(0));
    const at = random(whole.length + 1);
    const kind = random(4);
    if (kind === 0 && at < whole.length) whole[at] = random(256);
    const inserted = kind === 1 ? Buffer.alloc(random(one([4, 300, 10_000])), random(256)) : Buffer.alloc(0);
    const skipped = kind === 2 ? random(20) : 0;
    parts.push(whole.subarray(0, at), inserted, whole.subarray(at + skipped));
    if (kind === 3) parts.push(whole.subarray(at));
  }
  return Buffer.concat(parts);
}

const statuses = new Map<number, number>();
const count = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1);

async function runOne(stream: ScriptedStream, signal: AbortSignal): Promise<void> {
  const streams = directoryOf(stream);
  const publishers = new PublishedSources();
  const notWanted = new AbortController();
  const opening = publishers.source("cam_publish").open(sink, notWanted.signal);
  opening.catch(() => undefined);
  const transports = [new InterleavedTransports(nowhere), udp];
  const parser = new RtspParser();
  using conversation = new RtspConversation({
    ...{
      streams,
      publishers,
      transports,
      signal,
      credentials: undefined,
      limits: usualRtspLimits,
      clock: systemClock,
    },
    ...{ logger, mayFailLogin: () => true, remoteAddress: "127.0.0.1", localAddress: "127.0.0.1", localPort: 8554 },
    onNothingLeft: () => undefined,
  });
  let session = "none";
  for (let turn = 1 + random(10); turn > 0; turn--) {
    const content = Buffer.from(Array.from({ length: random(40) }, (_, at) => (at === 0 ? 0x80 : random(256))));
    const frame = Buffer.concat([Buffer.from([0x24, random(4), 0, content.length]), content]);
    const text = Buffer.concat([random(4) ? Buffer.alloc(0) : frame, Buffer.from(requestText(session))]);
    const bytes = random(6) ? text : damaged(text);
    const cut = random(bytes.length + 1);
    for (const message of [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap((chunk) => parser.push(chunk))) {
      if (message.kind === "invalid") count(message.status);
      if (message.kind === "frame") conversation.receive(message);
      if (message.kind !== "request") continue;
      const response = await conversation.answer(message);
      response.afterWrite?.();
      serializeResponse(response, "1", "Belfry");
      count(response.status);
      const header = response.headers?.find(([name]) => name === "Session")?.[1];
      session = header?.split(";")[0] ?? session;
    }
  }
  notWanted.abort();
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const stream = new ScriptedStream("cam_live");
const signal = new AbortController().signal;
const startedAtMs = performance.now();
let heapAtStart = 0;
for (let input = 0; input < inputs; input++) {
  // Measured when everything is warm.
  if (input === Math.floor(inputs / 10)) heapAtStart = heapBytes();
  await runOne(stream, signal);
  stream.leases.length = 0;
}
const growth = heapBytes() - heapAtStart;
const seconds = (performance.now() - startedAtMs) / 1000;
const table = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
console.log(
  `${inputs} conversations (seed ${seed}) in ${seconds.toFixed(1)} s; heap ${(growth / 1024).toFixed(0)} KB more; answers ${table.join(", ")}`,
);
const hasFailed = statuses.has(500) || stream.openLeases > 0 || growth > mostGrowthBytes;
if (hasFailed) console.log(`Failed: ${stream.openLeases} leases open, ${statuses.get(500) ?? 0} internal errors`);
process.exitCode = hasFailed ? 1 : 0;

// FFmpeg publishes to the internal RTSP listener, and players read from the public one what it published.
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { Child } from "../../src/foundation/child-process.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import type { MediaSource } from "../../src/media/hub/media-source.ts";
import { StreamHub } from "../../src/media/hub/stream-hub.ts";
import { StreamPath } from "../../src/media/hub/stream-path.ts";
import { InternalListener, type OpenPublication } from "../../src/media/servers/rtsp/internal-listener.ts";
import { RtspServer } from "../../src/media/servers/rtsp/rtsp-server.ts";

const instance = randomUUID();
const lifetime = new AbortController();
const { logger } = recordingLogger();
const dependencies = { clock: systemClock, logger, signal: lifetime.signal };
const seconds = 4;
const picture = ["-f", "lavfi", "-i", `testsrc2=s=640x360:r=25:d=${seconds}`];
const sound = ["-f", "lavfi", "-i", `sine=frequency=440:r=44100:d=${seconds}`];
const encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"];
const aacAndOpus = ["-map", "0", "-map", "1", "-map", "1", "-c:a:0", "aac", "-ac:a:0", "2", "-c:a:1", "libopus"];

let hub: StreamHub;
let stream: StreamPath;
let internal: InternalListener;
/** Where the recording of the stream is published. */
let publication: OpenPublication;
let open: RtspServer;

beforeEach(async () => {
  hub = new StreamHub();
  internal = await InternalListener.open({ serverName: "Belfry" }, dependencies);
  stream = new StreamPath({
    path: "cam_event",
    source: playingFile(),
    transcoder: undefined,
    memory: { load: () => undefined, save: () => undefined },
    ...dependencies,
  });
  hub.add(stream);
  open = await RtspServer.listen({ host: "127.0.0.1", port: 0, streams: hub, serverName: "Belfry" }, dependencies);
});
afterEach(async () => {
  await open[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await internal[Symbol.asyncDispose]();
});
afterAll(() => lifetime.abort());

const address = (): string => `rtsp://127.0.0.1:${open.port}/cam_event`;

const start = (args: readonly string[]) =>
  Child.start({
    command: "ffmpeg",
    args: ["-v", "error", ...args],
    instance,
    signal: lifetime.signal,
    clock: systemClock,
  });

async function run(args: readonly string[]) {
  const child = await start(args);
  child.stdin.end();
  const [out, complaints, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { out, complaints: complaints.trim(), code: exit.code };
}

const publishing = (target: string, inputs = [...picture, ...sound], outputs = aacAndOpus) =>
  ["-re", inputs[0], inputs[1], inputs[2], inputs[3], "-re", ...inputs.slice(4)]
    .filter((argument) => argument !== undefined)
    .concat(outputs, encoded, ["-f", "rtsp", "-rtsp_transport", "tcp", "-max_delay", "0", target]);

/** A source that has FFmpeg publish a made-up recording, as often as it is opened. */
function playingFile(): MediaSource {
  return {
    open: async (sink, signal) => {
      publication = internal.openPublication();
      const opening = publication.source.open(sink, signal);
      const player = await start(publishing(publication.url));
      signal.addEventListener("abort", () => void player.kill(), { once: true });
      return await opening;
    },
  };
}

const framesIn = (progress: string): number => Number([...progress.matchAll(/^frame=\s*(\d+)/gm)].at(-1)?.[1] ?? 0);

test("a player gets the whole recording with the AAC and Opus that were published, then a clean end", async () => {
  const played = await run([
    ...["-rtsp_transport", "tcp", "-i", address(), "-map", "0", "-progress", "pipe:1"],
    ...["-f", "null", "-"],
  ]);
  expect([played.complaints, played.code]).toEqual(["", 0]);
  expect(framesIn(played.out)).toBe(25 * seconds);
  expect(stream.status.state).toBe("idle");
});

test("the description says what is published", async () => {
  const probe = await Child.start({
    command: "ffprobe",
    args: [
      ...["-v", "error", "-rtsp_transport", "tcp"],
      ...["-show_entries", "stream=codec_name,width,height,sample_rate,channels", "-of", "csv=p=0", address()],
    ],
    instance,
    signal: lifetime.signal,
    clock: systemClock,
  });
  expect((await text(probe.stdout)).trim().split("\n")).toEqual(["h264,640,360", "aac,44100,2", "opus,48000,2"]);
});

test("publishing is refused: on the public listener, where nobody waits, and twice", async () => {
  expect((await run(publishing(address()))).complaints).toContain("405 Method Not Allowed");
  const nobodyWaits = internal.openPublication().url;
  expect((await run(publishing(nobodyWaits))).complaints).toContain("404 Not Found");
  stream.turnOn();
  const ready = new Promise<void>((resolve) => {
    stream.statusChanged.subscribe(({ state }) => void (state === "ready" && resolve()));
  });
  await ready;
  expect((await run(publishing(publication.url))).complaints).toContain("403");
  expect(stream.status.state).toBe("ready");
});

test("switching the stream off sends the publisher away", async () => {
  const place = internal.openPublication();
  const ended = new AbortController();
  const sink = {
    track: () => undefined,
    silent: () => undefined,
    restart: () => undefined,
    packet: () => undefined,
    senderReport: () => undefined,
  };
  const opening = place.source.open(sink, ended.signal);
  const publisher = await start(publishing(place.url));
  const session = await opening;
  session.close();
  const { code } = await publisher.exited;
  expect(code).not.toBe(0);
  expect(await session.ended).toBeUndefined();
});

test("a publisher that is killed is an error of the source", async () => {
  const sink = {
    track: () => undefined,
    silent: () => undefined,
    restart: () => undefined,
    packet: () => undefined,
    senderReport: () => undefined,
  };
  const place = internal.openPublication();
  const opening = place.source.open(sink, lifetime.signal);
  const publisher = await start(publishing(place.url));
  const session = await opening;
  await publisher.kill();
  expect(await session.ended).toMatchObject({ code: "publish.lost" });
});

// A stream engine over the real hub, read by FFmpeg's players.
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { Child } from "../../src/foundation/child-process.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { createAacTranscoderFactory } from "../../src/media/ffmpeg/aac-transcoder.ts";
import { StreamHub } from "../../src/media/hub/stream-hub.ts";
import { volatileMemory } from "../../src/media/hub/stream-memory.fake.ts";
import { StreamPath } from "../../src/media/hub/stream-path.ts";
import { differs } from "../support/stream-engines.ts";
import { framesPerSecond, keyFrameSeconds, LoopingCamera } from "./rtsp-camera.fixtures.ts";
import { ServedHub } from "./served-hub.fixtures.ts";

const login = { username: "ann", password: "s3cret-word" };
const instance = randomUUID();
const lifetime = new AbortController();
const { logger, lines } = recordingLogger();
const camera = new LoopingCamera();
const dependencies = { clock: systemClock, logger, signal: lifetime.signal };
let hub: StreamHub;
let stream: StreamPath;
let server: ServedHub;

beforeEach(async () => {
  camera.openings = 0;
  hub = new StreamHub();
  stream = new StreamPath({
    path: "cam_live",
    source: camera,
    transcoder: createAacTranscoderFactory({ ffmpegPath: "ffmpeg", instance, clock: systemClock, logger }),
    memory: volatileMemory(),
    limits: { graceMs: 200 },
    ...dependencies,
  });
  hub.add(stream);
  server = await serve();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});
afterAll(() => lifetime.abort());

/** `settings` by their names. */
const serve = (settings: Readonly<Record<string, string>> = {}): Promise<ServedHub> =>
  ServedHub.start(hub, instance, dependencies, settings);

const url = (path = "cam_live", user = "", of = server): string => `rtsp://${user}127.0.0.1:${of.port}/${path}`;

async function run(command: string, args: readonly string[]) {
  const child = await Child.start({ command, args, instance, signal: lifetime.signal, clock: systemClock });
  child.stdin.end();
  const [out, complaints, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { out, complaints: differs("first-picture") ? withoutCorrections(complaints) : complaints, code: exit.code };
}

/** MediaMTX's first report about time comes after its first packets; FFmpeg says so when it corrects itself. */
const withoutCorrections = (complaints: string): string =>
  complaints.replace(/^(?:.*non monotonically increasing dts.*| *Last message repeated .*)\n/gm, "");

const probe = async (target: string) =>
  await run("ffprobe", [
    ...["-v", "error", "-rtsp_transport", "tcp", "-timeout", "5000000"],
    ...["-show_entries", "stream=codec_name,width,height,sample_rate,channels", "-of", "csv=p=0", target],
  ]);

/** Decodes `seconds` of everything; FFmpeg says nothing where all is well. */
const watch = async (target: string, seconds: number, ...more: readonly string[]) =>
  await run("ffmpeg", [
    ...["-v", "error", "-rtsp_transport", "tcp", "-i", target, "-map", "0", "-t", String(seconds), ...more],
    // With the times of the stream: pictures of a late joiner lie closer together than one in 40 ms.
    ...["-fps_mode", "passthrough", "-enc_time_base", "-1"],
    ...["-progress", "pipe:1", "-f", "null", "-"],
  ]);

const framesIn = (progress: string): number => Number([...progress.matchAll(/^frame=\s*(\d+)/gm)].at(-1)?.[1] ?? 0);

/** This camera has key frames at its own pace only. */
const missedFrames = differs("first-picture") ? keyFrameSeconds * framesPerSecond : 0;
const leastFrames = (seconds: number): number => seconds * framesPerSecond - 3 - missedFrames;

const reached = async (isReached: () => boolean): Promise<void> => {
  if (isReached()) return;
  await new Promise<void>((resolve) => {
    const listener = stream.statusChanged.subscribe(() => {
      if (!isReached()) return;
      listener[Symbol.dispose]();
      resolve();
    });
  });
};
const watchers = (): number => stream.status.viewers.length;

test("ffprobe sees H.264, AAC and Opus, the first time and when the format is remembered", async () => {
  for (const [attempt, what] of ["cold", "warm"].entries()) {
    const startedAtMs = performance.now();
    const { out, complaints } = await probe(url());
    console.log(`ffprobe, ${what}: ${(performance.now() - startedAtMs).toFixed(0)} ms`);
    expect(complaints).toBe("");
    expect(out.trim().split("\n")).toEqual(["h264,1280,720", "aac,48000,1", "opus,48000,2"]);
    if (attempt === 0) await reached(() => watchers() === 0);
  }
});

test("ffmpeg decodes five seconds of all tracks without a word", async () => {
  const { out, complaints, code } = await watch(url(differs("slash") ? "cam_live?x=1" : "cam_live/?x=1"), 5);
  expect([complaints, code]).toEqual(["", 0]);
  expect(framesIn(out)).toBeGreaterThanOrEqual(leastFrames(5));
});

test("several readers share one source, which is released after the last", async () => {
  const results = await Promise.all([1, 2, 3, 4].map(() => watch(url(), 3)));
  expect(results.map(({ complaints, code }) => [complaints, code])).toEqual(results.map(() => ["", 0]));
  for (const { out } of results) expect(framesIn(out)).toBeGreaterThanOrEqual(leastFrames(3));
  await reached(() => stream.status.state === "idle");
  expect([camera.openings, camera.openSessions]).toEqual([1, 0]);
});

test("a killed player is gone from the viewers, and the source ends", async () => {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", url(), "-c", "copy", "-f", "null", "-"];
  const player = await Child.start({ command: "ffmpeg", args, instance, signal: lifetime.signal, clock: systemClock });
  await reached(() => watchers() === 1 && stream.status.state === "ready");
  const startedAtMs = performance.now();
  await player.kill();
  await reached(() => watchers() === 0);
  console.log(`a killed player was noticed after ${(performance.now() - startedAtMs).toFixed(0)} ms`);
  await reached(() => stream.status.state === "idle");
  expect(camera.openSessions).toBe(0);
});

test("players log in by Digest, and not with a wrong password", async () => {
  await using guarded = await serve({ livestream_user: login.username, livestream_pass: login.password });
  const good = await watch(url("cam_live", "ann:s3cret-word@", guarded), 2);
  expect([good.complaints, good.code]).toEqual(["", 0]);
  for (const user of ["", "ann:wrong@"]) {
    const bad = await probe(url("cam_live", user, guarded));
    expect(bad.complaints).toContain("401 Unauthorized");
  }
  expect(lines.map(({ line }) => line).join("\n")).not.toContain("s3cret-word");
});

test("an unknown path is not found", async () => {
  expect((await probe(url("nobody"))).complaints).toContain("404 Not Found");
});

test("a player that leaves it to its habits plays by UDP", async () => {
  const { complaints, code, out } = await run("ffmpeg", [
    ...["-v", "error", "-i", url(), "-t", "3", "-progress", "pipe:1", "-f", "null", "-"],
  ]);
  expect([complaints, code]).toEqual(["", 0]);
  expect(framesIn(out)).toBeGreaterThanOrEqual(leastFrames(3));
  await reached(() => watchers() === 0);
});

test("where UDP is off, a player that wants it is brought to TCP", async () => {
  await using tcpOnly = await serve({ rtsp_udp: "false" });
  const target = url("cam_live", "", tcpOnly);
  const { complaints, code } = await run("ffmpeg", ["-v", "error", "-i", target, "-t", "1", "-f", "null", "-"]);
  expect(complaints.trim().split("\n")).toEqual([expect.stringContaining("461 Unsupported Transport")]);
  expect(code).toBe(0);
});

test("switching the stream off ends a player at once and cleanly", async () => {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", url(), "-c", "copy", "-f", "mpegts", "-"];
  const player = await Child.start({ command: "ffmpeg", args, instance, signal: lifetime.signal, clock: systemClock });
  await once(player.stdout, "data");
  player.stdout.resume();
  const startedAtMs = performance.now();
  stream.turnOff();
  const exit = await player.exited;
  console.log(`off: the player ended after ${(performance.now() - startedAtMs).toFixed(0)} ms`);
  expect(exit).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAtMs).toBeLessThan(3_000);
});

test("two hundred connections of garbage, torn and oversized requests disturb nobody", async () => {
  const watching = watch(url(), 4);
  await reached(() => watchers() === 1 && stream.status.state === "ready");
  const start = `DESCRIBE ${url()} RTSP/1.0\r\nCSeq: 1\r\n\r\nSETUP ${url()}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\n`;
  const bytesOf = (index: number): Buffer => {
    const length = 1 + ((index * 997) % 60_000);
    if (index % 4 === 0) return randomBytes(length);
    if (index % 4 === 1) return Buffer.concat([Buffer.from(start), randomBytes(length)]);
    if (index % 4 === 2) return Buffer.from(`${start}X-Filler: ${"a".repeat(2_000_000)}\r\n\r\n`);
    return Buffer.from(`${start}Content-Length: 2000000\r\n\r\n${"b".repeat(2_000_000)}`);
  };
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const socket = connect(server.port, "127.0.0.1");
      const over = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.on("error", () => undefined).resume();
      socket.once("connect", () => {
        socket.write(bytesOf(index));
        socket.end();
      });
      await over;
    }),
  );
  const { out, complaints } = await watching;
  expect(complaints).toBe("");
  expect(framesIn(out)).toBeGreaterThanOrEqual(leastFrames(4));
  await reached(() => watchers() === 0);
});

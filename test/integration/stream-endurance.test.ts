// A stream that plays for long, with readers by TCP, by UDP and behind go2rtc: no gap, no growth, and times and numbers that begin
// anew on the way. Shortened here; half an hour with `npm run drills`, or as many minutes as BELFRY_ENDURANCE_MINUTES says.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { framesPerSecond } from "../../simulator/media/live-format.ts";
import { timestampDistance } from "../../src/media/formats/rtp-arithmetic.ts";
import { temporaryDirectory } from "../support/belfry-process.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { go2rtc, lackOf, PullingServer } from "../support/pulling-server.ts";
import { type ReceivedPicture, RtspReader } from "../support/rtsp-reader.ts";
import { RunningProgram } from "../support/timed-program.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";
import { StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const isFull = process.env["BELFRY_DRILLS"] === "full";
const minutes = Number(process.env["BELFRY_ENDURANCE_MINUTES"] ?? (isFull ? 30 : 0.3));
const playMs = minutes * 60_000;
const wrapAfterMs = Math.min(playMs / 3, 60_000);
const slug = "driveway";
/** In half an hour; what is used at first is not counted. */
const mostGrowthBytes = 8 * 1024 * 1024;
const samples = 60;

let stage: StreamHome;

beforeAll(async () => {
  if (hasMosquitto) stage = await StreamHome.start({ accounts: [buildAccount({ devices: [slug] })] });
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

/** Bytes per ms, by least squares. */
function slopeOf(points: readonly { readonly at: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(points.map(({ at }) => at)), mean(points.map(({ bytes }) => bytes))];
  const spread = points.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  return points.reduce((sum, { at, bytes }) => sum + (at - middle) * (bytes - level), 0) / spread;
}

/** RTP time runs as the clock does, and never back. */
function judgeTimes(pictures: readonly ReceivedPicture[]): {
  longestStepMs: number;
  shortestStepMs: number;
  driftMs: number;
} {
  const steps = pictures.slice(1).map(({ rtpTimestamp }, index) => {
    return timestampDistance(pictures[index]?.rtpTimestamp ?? 0, rtpTimestamp) / 90;
  });
  const [first, last] = [pictures[0], pictures.at(-1)];
  const passedMs = (last?.sentAtMs ?? 0) - (first?.sentAtMs ?? 0);
  const toldMs = steps.reduce((sum, step) => sum + step, 0);
  return { longestStepMs: Math.max(...steps), shortestStepMs: Math.min(...steps), driftMs: toldMs - passedMs };
}

/** FFmpeg as a reader by UDP that decodes nothing: it says what it misses. */
const udpReader = (url: string): RunningProgram =>
  new RunningProgram({
    command: "ffmpeg",
    args: [
      ...["-nostdin", "-hide_banner", "-v", "warning", "-stats", "-rtsp_transport", "udp", "-i", url],
      ...["-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "null", "-"],
    ],
  });

const framesOf = (output: string): number => Number([...output.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1] ?? 0);
const complaintsOf = (output: string): string[] =>
  output.split(/[\r\n]+/).filter((line) => /missed|max delay|corrupt|error|lost/i.test(line));

async function measureMemory(pid: number): Promise<{ at: number; bytes: number }[]> {
  const points: { at: number; bytes: number }[] = [];
  for (let sample = 0; sample < samples; sample++) {
    await pause(playMs / samples);
    points.push({ at: performance.now(), bytes: residentBytes(pid) });
  }
  return points;
}

test(
  `${minutes} minutes of a stream with three kinds of readers`,
  async () => {
    stage.turn(slug, { rtpWrapAfterMs: wrapAfterMs, sessionLimitMs: playMs * 2 + 600_000 });
    const url = stage.url(slug);
    await using directory = await temporaryDirectory();
    await using stack = new AsyncDisposableStack();
    const tcp = stack.use(await RtspReader.play(url));
    await tcp.picture(1);
    const udp = stack.use(udpReader(url));
    const server =
      lackOf(go2rtc) === undefined
        ? stack.use(await PullingServer.start(go2rtc, { source: url, transport: undefined, directory: directory.path }))
        : undefined;
    const behind = server && stack.use(new VideoReader(server.url));
    await behind?.frame(1);
    const points = await measureMemory(stage.belfry.pid);

    const settled = points.slice(points.length / 3);
    const growth = slopeOf(settled) * 30 * 60_000;
    // The first ones are moved together in time.
    const times = judgeTimes(tcp.pictures.slice(2 * framesPerSecond));
    const leastFrames = (playMs / 1_000 - 3) * framesPerSecond;
    console.info(
      `${minutes} min: ${tcp.pictures.length} pictures by TCP, ${framesOf(udp.output)} by UDP, ` +
        `${behind?.frames.length ?? "no go2rtc,"} behind go2rtc; times ${JSON.stringify(times)}; ` +
        `${Math.round((points.at(-1)?.bytes ?? 0) / 1_024 ** 2)} MB, ${(growth / 1_024 ** 2).toFixed(1)} MB more in half an hour`,
    );
    expect(stage.calls(slug, "live.requested")).toHaveLength(1);
    expect(tcp.isClosed).toBe(false);
    for (const track of tcp.tracks) expect(track).toMatchObject({ lost: 0, disordered: 0, ssrcChanges: 0 });
    expect(tcp.pictures.length).toBeGreaterThan(leastFrames);
    expect(times.shortestStepMs).toBeGreaterThan(0);
    expect(times.longestStepMs).toBeLessThan(500);
    expect(Math.abs(times.driftMs)).toBeLessThan(60);
    expect(complaintsOf(udp.output)).toEqual([]);
    expect(framesOf(udp.output)).toBeGreaterThan(leastFrames);
    if (behind) {
      expect(behind.frames.length).toBeGreaterThan(leastFrames);
      expect(judgeNumbers(behind.frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
    }
    // A shorter time than some minutes says nothing about a slope.
    if (minutes >= 2) expect(growth).toBeLessThan(mostGrowthBytes);
  },
  playMs + 60_000,
);

if (lackOf(go2rtc) !== undefined) plainTest.skip(`go2rtc as one of them: not here: ${lackOf(go2rtc)}`, () => undefined);

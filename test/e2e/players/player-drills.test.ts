// Players in trouble: a viewer that stands still, UDP that does not arrive, a camera whose call breaks.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { framesPerSecond, loopFrames } from "../../../simulator/media/live-format.ts";
import { descendantsOf } from "../../support/process-list.ts";
import { byNature, differs } from "../../support/stream-engines.ts";
import { RunningProgram } from "../../support/timed-program.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";
import { players } from "./players.ts";
import { camera, judgeRecording, openDirectory, PlayersStage } from "./players-stage.ts";
import { RtspRelay, udpIsLost } from "./rtsp-relay.ts";

const stoppedMs = 30_000;
const mostGrowthBytes = 32 * 1024 * 1024;
const present = players.filter(({ lack }) => lack === undefined);

let stage: PlayersStage;

beforeAll(async () => {
  stage = await PlayersStage.start();
  await stage.hold();
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

/** How far the second one is behind the first at that moment (Unix ms). */
async function lagBetween(first: VideoReader, second: VideoReader, atMs: number): Promise<number> {
  const shownBy = async (reader: VideoReader): Promise<number> => {
    while ((reader.frames.at(-1)?.at ?? 0) <= atMs) await reader.frame(reader.frames.length + 1);
    const number = reader.frames.findLast(({ at }) => at <= atMs)?.number;
    if (number === undefined) throw new Error("the number in the picture cannot be read");
    return number;
  };
  const [ahead, behind] = await Promise.all([shownBy(first), shownBy(second)]);
  const frames = (ahead - behind + loopFrames) % loopFrames;
  return ((frames > loopFrames / 2 ? frames - loopFrames : frames) * 1_000) / framesPerSecond;
}

/** Of a process and all that it has started. */
async function residentBytes(pid: number): Promise<number> {
  const all = [pid, ...(await descendantsOf(pid)).map((child) => child.pid)];
  const statuses = await Promise.all(all.map((one) => readFile(`/proc/${one}/status`, "utf8").catch(() => "")));
  return statuses.reduce((sum, status) => sum + Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024, 0);
}

describe("drills", () => {
  test.concurrent.each(["tcp", "udp"] as const)(
    "a %s reader that stands still for 30 s costs the other no picture",
    async (transport) => {
      const url = stage.home.url(camera);
      const args = [
        "-v",
        "quiet",
        "-rtsp_transport",
        transport,
        "-i",
        url,
        "-map",
        "0",
        "-c",
        "copy",
        "-f",
        "null",
        "-",
      ];
      await using still = new RunningProgram({ command: "ffmpeg", args });
      await using watching = new VideoReader(url);
      await watching.frame(2 * framesPerSecond);
      const before = await residentBytes(stage.home.belfry.pid);
      still.kill("SIGSTOP");
      await pause(stoppedMs);
      const growth = (await residentBytes(stage.home.belfry.pid)) - before;
      still.kill("SIGCONT");
      await watching.frame(watching.frames.length + 2 * framesPerSecond);
      const { frames, errors } = watching;
      console.log(
        `${transport}: ${frames.length} pictures beside a reader that stood still; ${Math.round(growth / 1024)} KB more`,
      );
      expect(judgeNumbers(frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
      expect(frames.length).toBeGreaterThan((stoppedMs / 1_000) * framesPerSecond);
      if (!differs("first-picture")) expect(errors).toEqual([]);
      expect(growth).toBeLessThan(mostGrowthBytes);
    },
    90_000,
  );

  test("a second after it joined, a player shows what another one shows, read from the pictures", async () => {
    const url = stage.home.url(camera);
    await using first = new VideoReader(url);
    // Into the middle of a group of pictures, the worst place to join.
    await first.frame(3 * framesPerSecond);
    await using second = new VideoReader(url, { isImpatient: true });
    const { at } = await second.frame(1);
    const lagMs = await lagBetween(first, second, at + 1_000);
    console.log(`joined: ${lagMs} ms behind by the numbers in the pictures`);
    expect(Math.abs(lagMs)).toBeLessThanOrEqual(300);
    if (!differs("first-picture")) expect(second.errors).toEqual([]);
  }, 60_000);

  test("every player sees the picture again after the call broke", async () => {
    const after = stage.home.journalPosition;
    await using stack = new AsyncDisposableStack();
    const recordings = present.map((player) => {
      const directory = stack.use(openDirectory()).path;
      return player.record({ port: stage.port, path: stage.path, transport: "tcp", ms: 14_000, directory });
    });
    await pause(6_000);
    stage.home.home.cloud.operations.endCalls(camera, 1, "gone");
    const recorded = await Promise.all(recordings);
    expect(stage.home.calls(camera, "live.requested", after)).toHaveLength(1);
    for (const [index, recording] of recorded.entries()) {
      const verdict = await judgeRecording(recording);
      console.log(`${present[index]?.name}: ${verdict.frames} pictures over a broken call, ${verdict.skipped} skipped`);
      expect(verdict.unreadable, recording.output).toBe(0);
      expect(verdict.frames, recording.output).toBeGreaterThan(8 * framesPerSecond);
    }
  }, 90_000);
});

/** Nobody listens there. */
const firstDeadPort = 9_100;
/** openRTSP stays with what it was told. */
const fallingBack = present.filter(({ name }) => name !== "live555 openRTSP");

describe("where UDP does not arrive", () => {
  const define = differs("udp-fallback") ? test.skip : test.concurrent;
  define.each(fallingBack)(
    `${byNature("udp-fallback")}$name goes on by TCP`,
    async (player) => {
      using directory = openDirectory();
      await using relay = await RtspRelay.open(stage.port, udpIsLost(firstDeadPort));
      const recording = { port: relay.port, path: stage.path, ms: 24_000, directory: directory.path };
      const recorded = await player.record(recording);
      const said = relay.said.map((text) => text.split("\r\n", 1)[0]?.split(" ", 1)[0]);
      const verdict = await judgeRecording(recorded);
      console.log(`${player.name} without UDP: ${said.join(" ")}; ${verdict.frames} pictures`);
      expect(verdict, recorded.output).toMatchObject({ skipped: 0, repeated: 0, unreadable: 0 });
      expect(verdict.frames).toBeGreaterThan(3 * framesPerSecond);
      expect(relay.said.some((text) => text.includes("interleaved="))).toBe(true);
    },
    90_000,
  );
});

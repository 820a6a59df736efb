// kill -9 of everything that takes part, at every moment; the next request must play, and nothing may be left over.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StreamHome } from "../../integration/stream-home.fixtures.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { listProcesses, processesWith } from "../../support/process-list.ts";
import { RtspReader } from "../../support/rtsp-reader.ts";
import { until } from "../../support/until.ts";
import { VideoReader } from "../../support/video-reader.ts";
import { childrenLeft, engineProcesses, noProcess, oneProcess, type Role } from "./engine-processes.fixtures.ts";

const settings = { stream_engine: "mediamtx" };
const slug = "front-door";

/** Kills what plays this role; of the script the whole process group, as a memory killer might. */
async function kill9(role: Role, stage: StreamHome): Promise<void> {
  const { pid } = await oneProcess(role, stage.belfry);
  process.kill(role === "script" ? -pid : pid, "SIGKILL");
}

/** Plays at last, however often it is refused before. */
async function playsAgain(stage: StreamHome): Promise<void> {
  const play = (): Promise<RtspReader | undefined> => RtspReader.play(stage.url(slug)).catch(() => undefined);
  await using reader = await until("the stream being playable", play, { timeoutMs: 20_000 });
  await reader.picture(20);
}

async function endsTidily(stage: StreamHome): Promise<void> {
  await stage.untilCallsAreOver(slug, { timeoutMs: 25_000 });
  await noProcess("ffmpeg", stage.belfry);
  await noProcess("script", stage.belfry);
}

describe.each(["mediamtx", "ffmpeg", "script"] as const)("kill -9 of %s", (role) => {
  let stage: StreamHome;
  beforeAll(async () => {
    stage = await StreamHome.start({ settings });
  });
  beforeEach(() => stage.home.cloud.operations.resetKnobs());
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  test("while a stream starts", async () => {
    stage.turn(slug, { mediaDelayMs: 1_500 });
    const waiting = new VideoReader(stage.url(slug));
    await oneProcess("ffmpeg", stage.belfry);
    const killedAt = monotonicUnixMs();
    await kill9(role, stage);
    // An FFmpeg that dies before it has published anything is replaced, and its reader does not notice.
    if (role === "ffmpeg") await waiting.frame(5);
    else await waiting.ended;
    expect(monotonicUnixMs() - killedAt).toBeLessThan(role === "ffmpeg" ? 6_000 : 1_000);
    await waiting[Symbol.asyncDispose]();
    await playsAgain(stage);
    await endsTidily(stage);
  });

  test("while a stream plays", async () => {
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    await kill9(role, stage);
    // Who watches already goes on without the script.
    if (role === "script") await reader.picture(reader.pictures.length + 40);
    else await reader.closed;
    await playsAgain(stage);
    await reader[Symbol.asyncDispose]();
    await endsTidily(stage);
  });

  test("while a stream stops", async () => {
    const reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    const { pid } = await oneProcess(role, stage.belfry);
    await reader[Symbol.asyncDispose]();
    // MediaMTX tells the script to end a second after the last reader.
    await delay(950);
    if ((await engineProcesses(role, stage.belfry)).length > 0) process.kill(role === "script" ? -pid : pid, "SIGKILL");
    await playsAgain(stage);
    await endsTidily(stage);
  });
});

describe("kill -9 of Belfry", () => {
  test.each(["starts", "plays", "stops"])("while a stream %s", async (moment) => {
    await using stage = await StreamHome.start({ settings });
    if (moment === "starts") stage.turn(slug, { mediaDelayMs: 3_000 });
    const reader = new VideoReader(stage.url(slug));
    if (moment === "starts") await oneProcess("ffmpeg", stage.belfry);
    else await reader.frame(10);
    if (moment === "stops") {
      await reader.stop();
      await delay(950);
    }
    const left = await childrenLeft(stage.belfry);
    expect(left.some(({ command }) => command.includes("mediamtx"))).toBe(true);
    await stage.belfry.kill9();
    await reader.ended;
    stage.home.cloud.operations.resetKnobs();
    const from = stage.position;
    stage.belfry = await stage.home.startBelfry({ settings });
    await stage.home.allAvailable({ from });
    const running = new Set((await listProcesses()).map(({ pid }) => pid));
    expect(left.filter(({ pid }) => running.has(pid))).toEqual([]);
    await playsAgain(stage);
  });

  test("scripts end by themselves where no Belfry comes after", async () => {
    await using stage = await StreamHome.start({ settings });
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(5);
    const instance = (await oneProcess("script", stage.belfry)).environment.get("BELFRY_INSTANCE") ?? "";
    await stage.belfry.kill9();
    await until(
      "everything being gone",
      async () => ((await processesWith("BELFRY_INSTANCE", instance)).length === 0 ? true : undefined),
      { timeoutMs: 25_000 },
    );
  });
});

describe("other trouble", () => {
  test("SIGTERM ends Belfry, MediaMTX and everything else in time, also while a stream plays", async () => {
    await using stage = await StreamHome.start({ settings });
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(5);
    const left = await childrenLeft(stage.belfry);
    const asked = monotonicUnixMs();
    expect(await stage.belfry.stop()).toEqual({ code: 0, signal: null });
    expect(monotonicUnixMs() - asked).toBeLessThan(5_000);
    await reader.closed;
    const running = new Set((await listProcesses()).map(({ pid }) => pid));
    expect(left.filter(({ pid }) => running.has(pid))).toEqual([]);
  });

  test("RTSP plays while the broker of the house is away", async () => {
    await using broker = await Mosquitto.start();
    await using stage = await StreamHome.start({ settings, broker });
    await broker.kill("SIGTERM");
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(20);
    await reader[Symbol.asyncDispose]();
    await endsTidily(stage);
    await broker.restart();
  });

  test("a second script for the same stream disturbs nobody, and the one it replaces ends", async () => {
    await using stage = await StreamHome.start({ settings });
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    const first = await oneProcess("script", stage.belfry);
    const { spawn } = await import("node:child_process");
    const [command = "", ...args] = first.command.split(" ");
    const second = spawn(command, args, {
      env: Object.fromEntries(first.environment),
      detached: true,
      stdio: "ignore",
    });
    await until("the first script being gone", async () => {
      const pids = (await engineProcesses("script", stage.belfry)).map(({ pid }) => pid);
      return pids.includes(first.pid) ? undefined : true;
    });
    await reader.picture(reader.pictures.length + 20);
    process.kill(-(second.pid ?? 0), "SIGINT");
    await reader.picture(reader.pictures.length + 40);
    await reader[Symbol.asyncDispose]();
    await endsTidily(stage);
  });
});

// kill -9 of everything that takes part, at every moment; the next request must play, and nothing may be left over.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { chmod, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { temporaryDirectory } from "../../support/belfry-process.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { listProcesses, processesWith } from "../../support/process-list.ts";
import { RtspReader } from "../../support/rtsp-reader.ts";
import { until } from "../../support/until.ts";
import { childrenLeft, engineProcesses, mainShell, oneProcess } from "./engine-processes.fixtures.ts";
import {
  endsTidily,
  endsWithOff,
  explained,
  type Fate,
  fates,
  KillScene,
  kill9,
  type Moment,
  moments,
  playsAgain,
  slug,
  startHome,
  type Victim,
} from "./kill-drills.fixtures.ts";

type Drill = readonly [moment: Moment, whoWatches: Fate];

const drills: Readonly<Record<Victim, readonly Drill[]>> = {
  mediamtx: [
    ["before the script's first word", "is sent away"],
    ["while the camera is called", "is sent away"],
    ["while it plays", "is disconnected"],
    ["when the script is told to end", "has left"],
  ],
  ffmpeg: [
    // One that dies before it has published anything is replaced.
    ["while the camera is called", "notices nothing"],
    ["while it plays", "is disconnected"],
    ["when the script is told to end", "has left"],
  ],
  script: [
    ["before the script's first word", "is sent away"],
    ["while the camera is called", "is sent away"],
    ["while it plays", "notices nothing"],
    ["when the script is told to end", "has left"],
  ],
  shell: [
    ["before the script's first word", "is sent away"],
    ["while the camera is called", "is sent away"],
    ["while it plays", "notices nothing"],
    ["when the script is told to end", "has left"],
  ],
};

describe.each(Object.keys(drills) as Victim[])("kill -9 of %s", (victim) => {
  let scene: KillScene;
  beforeAll(async () => {
    scene = await KillScene.start();
  });
  afterEach(async () => {
    await scene.gate.release();
    scene.stage.home.cloud.operations.resetKnobs();
  });
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]();
  });

  test.each(drills[victim])("%s: who watches %s", async (moment, fate) => {
    const { stage, gate } = scene;
    const watching = await explained(stage, moments[moment](scene));
    await fates[fate](watching, await kill9(victim, stage));
    await gate.release();
    stage.home.cloud.operations.resetKnobs();
    await playsAgain(stage);
    await (fate === "has left" ? endsTidily(stage) : endsWithOff(stage));
  });
});

describe("kill -9 of Belfry", () => {
  const ofBelfry: readonly Drill[] = [
    ["before the script's first word", "is sent away"],
    ["while the camera is called", "is sent away"],
    ["while it plays", "is disconnected"],
    ["when the script is told to end", "has left"],
  ];

  test.each(ofBelfry)("%s: who watches %s", async (moment, fate) => {
    await using scene = await KillScene.start();
    const { stage, gate } = scene;
    const watching = await moments[moment](scene);
    const left = await childrenLeft(stage.belfry);
    expect(left.some(({ command }) => command.includes("mediamtx"))).toBe(true);
    const killedAt = monotonicUnixMs();
    await stage.belfry.kill9();
    await fates[fate](watching, killedAt);
    stage.home.cloud.operations.resetKnobs();
    await scene.restartBelfry();
    const running = new Set((await listProcesses()).map(({ pid }) => pid));
    expect(left.filter(({ pid }) => running.has(pid))).toEqual([]);
    await gate.release();
    await playsAgain(stage);
  });

  test("scripts end by themselves where no Belfry comes after", async () => {
    await using stage = await startHome();
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(5);
    const instance = (await mainShell(stage.belfry)).environment.get("BELFRY_INSTANCE") ?? "";
    await stage.belfry.kill9();
    await until(
      "everything being gone",
      async () => ((await processesWith("BELFRY_INSTANCE", instance)).length === 0 ? true : undefined),
      { timeoutMs: 25_000 },
    );
  });
});

describe("kill -9 of MediaMTX before its API answers", () => {
  /** Nobody else sleeps for just so long. */
  const hangs = `sleep ${randomInt(1e6, 1e9)}`;

  /** A MediaMTX that does nothing at its first start, and at the next one after each `rmdir` of the mark. */
  async function hangingProgram(directory: string): Promise<{ file: string; mark: string }> {
    const [file, mark] = [join(directory, "mediamtx"), join(directory, "has-hung")];
    const real = findExecutable(process.env["MEDIAMTX_BIN"] || "mediamtx");
    const lines = [`[ "$1" = --version ] || ! mkdir ${mark} 2>/dev/null || exec ${hangs}`, `exec ${real} "$@"`];
    await writeFile(file, ["#!/bin/sh", ...lines, ""].join("\n"));
    await chmod(file, 0o755);
    return { file, mark };
  }

  async function killHanging(): Promise<void> {
    const look = async () => (await listProcesses()).find(({ command }) => command === hangs);
    const { pid } = await until("MediaMTX hanging", look, { timeoutMs: 40_000 });
    process.kill(pid, "SIGKILL");
  }

  test("at the start of Belfry, and when it is started again: it is started once more, and plays", async () => {
    await using directory = await temporaryDirectory();
    const { file, mark } = await hangingProgram(directory.path);
    const killed = killHanging();
    await using stage = await startHome({ settings: { mediamtx_path: file } });
    await killed;
    await playsAgain(stage);
    await rmdir(mark);
    await kill9("mediamtx", stage);
    await killHanging();
    await playsAgain(stage);
    await endsTidily(stage);
  });
});

describe("other trouble", () => {
  test("one that lives and answers nobody is ended, and started again", async () => {
    await using stage = await startHome();
    const { pid } = await oneProcess("mediamtx", stage.belfry);
    process.kill(pid, "SIGSTOP");
    await stage.belfry.waitForLine(/MediaMTX is not running; .* did not answer any more/, { timeoutMs: 60_000 });
    await playsAgain(stage);
    await endsTidily(stage);
  });

  test("SIGTERM ends Belfry, MediaMTX and everything else in time, also while a stream plays", async () => {
    await using stage = await startHome();
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
    await using stage = await startHome({ broker });
    await broker.kill("SIGTERM");
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(20);
    await reader[Symbol.asyncDispose]();
    await endsTidily(stage);
    await broker.restart();
  });

  test("a second script for the same stream disturbs nobody, and the one it replaces ends", async () => {
    await using stage = await startHome();
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    const first = await mainShell(stage.belfry);
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

import { expect, test as plainTest } from "vitest";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { probeStreams } from "../support/media-probe.ts";
import { hasMosquitto, Mosquitto, retainedUnder } from "../support/mosquitto.ts";
import { descendantsOf, type ListedProcess, listProcesses } from "../support/process-list.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { until } from "../support/until.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";

const test = plainTest.skipIf(!hasMosquitto);

/** The audio FFmpeg that Belfry runs while somebody listens to AAC. */
function ffmpegOf(belfry: BelfryProcess, besides: readonly number[] = []): Promise<ListedProcess> {
  return until("FFmpeg of Belfry", async () => {
    const children = await descendantsOf(belfry.pid);
    return children.find(({ pid, command }) => /(^|\/)ffmpeg /.test(command) && !besides.includes(pid));
  });
}

const isRunning = async (pid: number): Promise<boolean> => (await listProcesses()).some((entry) => entry.pid === pid);

test("after kill -9 in the middle of a stream the next start works and no FFmpeg is left over", async () => {
  await using home = await SimulatedHome.start();
  const first = await home.startBelfry();
  await home.allAvailable();
  const { device_id } = home.camera("front-door").record;
  await using reader = new VideoReader(first.rtspUrl(device_id));
  await reader.frame(10);
  const ffmpeg = await ffmpegOf(first);
  await first.kill9();
  await home.observer.waitFor("the last will", "ring/bridge/status", { payload: "offline" });
  const from = home.observer.position;
  const second = await home.startBelfry();
  await home.allAvailable({ from });
  expect(await isRunning(ffmpeg.pid)).toBe(false);
  await using again = new VideoReader(second.rtspUrl(device_id));
  await again.frame(20);
  expect(judgeNumbers(again.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
  // The token that was written before the kill is the one that Ring knows.
  expect(home.cloud.journal.entries({ kind: "oauth.refused" })).toEqual([]);
});

test("a broker that restarts and forgets everything gets everything again", async () => {
  await using broker = await Mosquitto.start();
  await using home = await SimulatedHome.start({ broker });
  await home.startBelfry();
  await home.allAvailable();
  const light = home.topic(home.camera("driveway"), "light", "state");
  await home.observer.waitFor("the light", light);
  const before = await retainedUnder(broker.url, "homeassistant/#");
  const from = home.observer.position;
  await broker.restart();
  await home.allAvailable({ from, timeoutMs: 30_000 });
  await home.observer.waitFor("the light again", light, { from });
  const after = await until("all discovery again", async () => {
    const retained = await retainedUnder(broker.url, "homeassistant/#");
    return retained.size === before.size ? retained : undefined;
  });
  expect(after).toEqual(before);
  const motion = home.observer.position;
  await home.cloud.causeMotion("driveway");
  const topic = home.topic(home.camera("driveway"), "motion", "state");
  await home.observer.waitFor("a motion", topic, { payload: "ON", from: motion });
});

test("when FFmpeg dies the picture goes on and AAC comes back", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const url = belfry.rtspUrl(home.camera("front-door").record.device_id);
  await using reader = new VideoReader(url);
  await reader.frame(10);
  const first = await ffmpegOf(belfry);
  process.kill(first.pid, "SIGKILL");
  const second = await ffmpegOf(belfry, [first.pid]);
  expect(second.pid).not.toBe(first.pid);
  await reader.frame(reader.frames.length + 60);
  expect(judgeNumbers(reader.frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
  const tracks = await probeStreams(url);
  expect(tracks.find(({ codec }) => codec === "aac")).toMatchObject({ sampleRate: 48_000, channels: 1 });
  expect(home.cloud.journal.entries({ kind: "live.requested" })).toHaveLength(1);
});

test("when Ring cuts the call the same reader gets its picture back", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  await using reader = new VideoReader(belfry.rtspUrl(home.camera("front-door").record.device_id));
  await reader.frame(20);
  expect(home.cloud.operations.endCalls("front-door", 4, "error")).toBe(1);
  const seen = reader.frames.length;
  await reader.frame(seen + 40);
  expect(home.cloud.journal.entries({ kind: "live.requested" })).toHaveLength(2);
});

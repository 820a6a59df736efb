import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
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

test("killed in the middle of a motion, and Ring away at the next start: nothing old is shown as if it were true", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  const { observer, cloud } = home;
  const patience = { timeoutMs: 40_000 };
  const camera = home.camera("driveway");
  const [motion, status] = [home.topic(camera, "motion", "state"), `${home.deviceTopic(camera)}/status`];
  const first = await home.startBelfry();
  await home.allAvailable(patience);
  await observer.waitFor("events", "ring/bridge/bridge/belfry_bridge/push/state", { payload: "ON", ...patience });
  await cloud.causeMotion("driveway");
  await observer.waitFor("the motion", motion, { payload: "ON" });
  // What was told is noted within a second.
  await expect
    .poll(() => readFile(join(home.dataDirectory, "state.json"), "utf8"), { timeout: 5_000 })
    .toContain(status);
  await first.kill9();
  await observer.waitFor("the last will", "ring/bridge/status", { payload: "offline" });

  cloud.operations.failNextRequests({ path: "/clients_api/ring_devices$", times: 1_000, status: 503 });
  const from = observer.position;
  await home.startBelfry();
  await observer.waitFor("the bridge", "ring/bridge/status", { payload: "online", from, ...patience });
  const order = observer.messages.slice(from).map(({ topic, text }) => `${topic} ${text}`);
  expect(order).toContain(`${status} offline`);
  expect(order.indexOf(`${status} offline`)).toBeLessThan(order.indexOf("ring/bridge/status online"));
  expect(observer.latest(`${status}/attributes`)?.text).toContain("since Belfry started");

  cloud.operations.resetKnobs();
  await observer.waitFor("the camera", status, { payload: "online", from, ...patience });
  const after = observer.messages.slice(from).map(({ topic, text }) => `${topic} ${text}`);
  expect(after).not.toContain(`${motion} ON`);
  expect(after.indexOf(`${motion} OFF`)).toBeLessThan(after.indexOf(`${status} online`));
}, 120_000);

test("a clean end says of each camera that it is not available", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const from = home.observer.position;
  await belfry.stop();
  const status = `${home.deviceTopic(home.camera("driveway"))}/status`;
  const said = home.observer.messages.slice(from).map(({ topic, text }) => `${topic} ${text}`);
  expect(said.slice(-3)).toEqual([
    `${status}/attributes {"reason":"Belfry does not run"}`,
    `${status} offline`,
    "ring/bridge/status offline",
  ]);
});

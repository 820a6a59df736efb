import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test as plainTest } from "vitest";
import { loadAccount } from "../../simulator/account.ts";
import { demoAccountPath } from "../../simulator/account-builders.ts";
import { parseObject } from "../../simulator/json.ts";
import { validateDiscovery } from "../../src/home-assistant/discovery-validator.ts";
import { temporaryDirectory } from "../support/belfry-process.ts";
import { freePort } from "../support/free-port.ts";
import { describeStatus, probeStreams } from "../support/media-probe.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";

const test = plainTest.skipIf(!hasMosquitto);
const readFrames = 20;

/** Reads some video and says what is wrong with its frame numbers. */
async function watch(url: string): Promise<ReturnType<typeof judgeNumbers>> {
  await using reader = new VideoReader(url);
  await reader.frame(readFrames);
  return judgeNumbers(reader.frames.slice(0, readFrames));
}

const faultless = { skipped: 0, repeated: 0, unreadable: 0 };

test("without FFmpeg the video plays, and Belfry says once what is missing", async () => {
  await using home = await SimulatedHome.start();
  await using empty = await temporaryDirectory();
  const belfry = await home.startBelfry({ path: empty.path });
  await home.allAvailable();
  const url = belfry.rtspUrl(home.camera("front-door").record.device_id);
  expect(await watch(url)).toEqual(faultless);
  expect((await probeStreams(url)).map(({ codec }) => codec)).toContain("opus");
  expect(await watch(belfry.rtspUrl(home.camera("driveway").record.device_id))).toEqual(faultless);
  expect(belfry.countLines(/FFmpeg/i)).toBe(1);
});

test("where the RTSP port is taken the next free one serves, and is told everywhere", async () => {
  const taken = createServer().listen(await freePort(), "127.0.0.1");
  await once(taken, "listening");
  await using home = await SimulatedHome.start();
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const belfry = await home.startBelfry({ settings: { rtsp_port: port, stream_host: "127.0.0.1" } });
  const camera = home.camera("front-door");
  const info = await home.observer.waitFor("the info", home.topic(camera, "info", "state"), {
    payload: /stream_Source/,
  });
  const url = String(parseObject(info.text)?.["stream_Source"]);
  const used = Number(new URL(url).port);
  expect(used).toBeGreaterThan(port);
  expect(await belfry.waitForLine(new RegExp(`${port}.*${used}`))).toBeTruthy();
  expect(await watch(url)).toEqual(faultless);
  taken.close();
});

test("without a broker at the start video plays, it is said once, and all appears when the broker comes", async () => {
  await using broker = await Mosquitto.start();
  await using home = await SimulatedHome.start({ broker });
  await broker.kill();
  const belfry = await home.startBelfry({ settings: { stream_host: "127.0.0.1" } });
  const said = /broker|MQTT/i;
  await belfry.waitForLine(said);
  const camera = home.camera("front-door");
  await home.cloud.journal.waitFor("the push receiver", ({ kind }) => kind === "push.connected");
  const url = belfry.rtspUrl(camera.record.device_id);
  expect(await watch(url)).toEqual(faultless);
  expect(belfry.countLines(/WARN.*(broker|MQTT)/i)).toBe(1);
  await broker.run();
  await home.allAvailable({ timeoutMs: 30_000 });
  const discovery = await home.observer.waitFor("discovery", `homeassistant/device/${camera.record.device_id}/config`);
  expect(validateDiscovery(discovery.topic, discovery.text)).toEqual([]);
});

test("a token that Ring refuses is said plainly, and Ring is not asked again and again", async () => {
  await using home = await SimulatedHome.start();
  home.cloud.operations.revokeRefreshTokens();
  const belfry = await home.startBelfry();
  await home.observer.waitFor("the sign-in state", /^ring\/bridge\/.*\/connectivity\/state$/, { payload: "OFF" });
  const told = await home.observer.waitFor("the reason", /\/connectivity\/attributes$/, { payload: /"reason"/ });
  expect(parseObject(told.text)?.["reason"]).toMatch(/sign|login/i);
  await belfry.waitForLine(/sign in again/);
  const refused = (): number => home.cloud.journal.entries({ kind: "oauth.refused" }).length;
  const before = refused();
  expect(before).toBeLessThanOrEqual(3);
  expect(belfry.countLines(/sign in again/)).toBe(1);
  // Everything else goes on.
  expect(await describeStatus(belfry.rtspUrl("54e019aa0101"))).toBe(404);
  expect(refused()).toBe(before);
  expect((await belfry.stop()).code).toBe(0);
});

test("without any token Belfry runs and says how to sign in", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  await belfry.waitForLine(/no token is stored; sign in/);
  await home.observer.waitFor("the bridge being online", "ring/bridge/status", { payload: "online" });
  expect(home.cloud.journal.entries({ kind: "oauth.refused" })).toEqual([]);
  expect((await belfry.stop()).code).toBe(0);
});

test("an unknown RTSP path is 404 and starts nothing", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const known = home.camera("front-door").record.device_id;
  for (const path of ["nobody_live", `${known}_dead`, known, "", "../etc/passwd"]) {
    expect(await describeStatus(`rtsp://127.0.0.1:${belfry.rtspPort}/${path}`), path).toBe(404);
  }
  expect(home.cloud.journal.entries({ kind: "ticket.issued" })).toEqual([]);
});

test("a command that nobody knows is logged, and the old state is said again", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry();
  await home.allAvailable();
  const { observer } = home;
  const commands = [
    ["driveway", "light", "PURPLE"],
    ["driveway", "siren", '{"state":'],
    ["front-door", "stream", "SOMETIMES"],
  ] as const;
  for (const [slug, key, payload] of commands) {
    const state = home.topic(home.camera(slug), key, "state");
    await observer.waitFor(`the first ${key}`, state, { payload: "OFF" });
    const from = observer.position;
    await observer.publish(home.topic(home.camera(slug), key, "command"), payload);
    await observer.waitFor(`the old ${key}`, state, { payload: "OFF", from });
    await belfry.waitForLine(new RegExp(`${key} was not changed.*unknown`));
  }
  expect(home.cloud.journal.entries({ kind: "light.switched" })).toEqual([]);
  expect(home.cloud.journal.entries({ kind: "siren.switched" })).toEqual([]);
});

test("a camera whose record lacks fields, or has odd ones, still appears and plays", async () => {
  const account = loadAccount(demoAccountPath);
  const { doorbots, stickup_cams } = account.ring_devices;
  const [bare] = doorbots;
  const [odd] = stickup_cams;
  if (!bare || !odd) throw new Error("the demo account has no cameras");
  const { id, device_id, location_id } = bare;
  doorbots[0] = { id, device_id, location_id, kind: "doorbell_of_tomorrow", description: "" };
  stickup_cams[0] = {
    ...odd,
    kind: "?",
    description: "Scheune äöü / 東 #+",
    battery_life: { percent: "a lot" },
    alerts: null,
    health: "excellent",
    features: [],
    settings: null,
    led_status: 7,
    siren_status: "quiet",
    firmware_version: null,
  };
  await using home = await SimulatedHome.start({ accounts: [account] });
  const belfry = await home.startBelfry();
  for (const camera of [doorbots[0], stickup_cams[0]]) {
    const topic = `homeassistant/device/${camera.device_id}/config`;
    const discovery = await home.observer.waitFor(`discovery of ${camera.kind}`, topic);
    expect(validateDiscovery(discovery.topic, discovery.text)).toEqual([]);
    const status = `ring/${camera.location_id}/camera/${camera.device_id}/status`;
    await home.observer.waitFor(`${camera.kind} being online`, status, { payload: "online" });
    expect(await watch(belfry.rtspUrl(camera.device_id))).toEqual(faultless);
  }
  expect(home.cloud.journal.violations).toEqual([]);
});

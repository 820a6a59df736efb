// The image as Home Assistant's Supervisor runs it: options in /data, a token, broker and names by its API, the page by ingress.
import { readFileSync } from "node:fs";
import { type Report, require, seconds } from "../../../scripts/lib/demo/report.ts";
import type { JournalEntry } from "../../../simulator/journal.ts";
import { FakeSupervisor } from "../../support/fake-supervisor.ts";
import { probeStreams } from "../../support/media-probe.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { retainedUnder } from "../../support/mosquitto.ts";
import { PageClient } from "../../support/page-client.ts";
import { until } from "../../support/until.ts";
import { VideoReader } from "../../support/video-reader.ts";
import { belfryIn, brokerUser, ContainerHome } from "./container-home.ts";
import { checkFfmpeg } from "./ffmpeg-facts.ts";
import { IngressProxy } from "./ingress-proxy.ts";
import { LastingViewer } from "./lasting-viewer.ts";
import type { Container } from "./podman.ts";
import { signInThrough } from "./sign-in.ts";
import { startTimeOf } from "./start-time.ts";

const pagePort = 8_099;
const rtspPort = 8_554;
/** What the owner has opened on the host for the RTSP port. */
const openedPort = 18_554;
const startLimitMs = 5_000;
const stopLimitMs = 5_000;

interface Scene {
  readonly house: ContainerHome;
  readonly supervisor: FakeSupervisor;
  readonly dataDirectory: string;
  readonly report: Report;
}

export async function checkAsApp(report: Report): Promise<void> {
  await using house = await ContainerHome.start({ isSignedIn: false });
  const { port } = house.broker;
  await using supervisor = await FakeSupervisor.start(
    {
      mqtt: { host: "core-mosquitto", port, ...brokerUser },
      network: { [`${rtspPort}/tcp`]: openedPort },
      homeAssistant: { internal_url: "http://192.168.1.2:8123" },
    },
    { port: 80 },
  );
  const dataDirectory = house.dataWith({ log_level: "info", excluded_devices: [] });
  const scene: Scene = { house, supervisor, dataDirectory, report };
  const first = await checkFirstStart(scene);
  await checkUse(scene, first);
  await checkFfmpeg(house.home, rtspPort, report);
  await checkKill(scene, first);
  await checkStop(scene, first);
  await checkSecondStart(scene);
  await checkBadOption(scene);
}

function runApp({ house, supervisor, dataDirectory }: Scene, data = dataDirectory): Promise<Container> {
  return house.run({
    dataDirectory: data,
    environment: { SUPERVISOR_TOKEN: supervisor.token },
    hosts: ["supervisor", "core-mosquitto"],
  });
}

async function checkFirstStart(scene: Scene): Promise<Container> {
  const { house, report } = scene;
  const { home } = house;
  const begin = performance.now();
  const container = await runApp(scene);
  await report.fact("app: first start", async () => {
    await home.observer.waitFor("the bridge", "ring/bridge/status", { payload: "online", timeoutMs: 30_000 });
    return `Belfry itself ${(await startTimeOf(container)).text}; cameras wait for the sign-in`;
  });
  await report.fact("app: healthy after its start", async () => {
    await until("a content health check", async () => ((await container.isHealthy()) ? true : undefined), {
      timeoutMs: 30_000,
    });
    return seconds(performance.now() - begin);
  });
  await report.fact("app: Home Assistant's own broker has it, with a sign-in to be done", async () => {
    const topic = "ring/bridge/bridge/belfry_bridge/sign_in_needed/state";
    const found = await home.observer.waitFor("the sign-in that is needed", /sign_in_needed\/state$/, {
      payload: "ON",
    });
    return found.topic === topic ? "sign_in_needed is ON" : `${found.topic} is ON`;
  });
  await report.fact("app: neither Belfry nor its state belong to root", async () => {
    const status = readFileSync(`/proc/${await belfryIn(container)}/status`, "utf8");
    const user = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status);
    require(user !== null && user[1] !== "0" && user[2] !== "0", "the process runs as root");
    const owners = await container.execute("stat", "--format=%U %a %n", "/data/state.json", "/data/options.json");
    require(!/^root/m.test(owners), owners);
    return `user ${user[1]}; ${owners.replaceAll("\n", ", ")}`;
  });
  await report.fact("app: the page answers the ingress proxy alone, the health check too from within", async () => {
    const inside = new PageClient(pagePort);
    const [page, health] = [await inside.get("/"), await inside.get("/healthz")];
    require(page.status === 403 && health.status === 200, `the page ${page.status}, the health check ${health.status}`);
    return "403 for others, 200 for /healthz";
  });
  await using proxy = await IngressProxy.start(pagePort);
  await report.fact("app: sign-in on the page through ingress, in Chromium", () => signInThrough(proxy.url, home));
  return container;
}

async function checkUse({ house, report }: Scene, container: Container): Promise<void> {
  const { home } = house;
  const camera = home.camera("front-door");
  await report.fact("app: every camera is announced and available", async () => {
    await home.allAvailable();
    const signedIn = home.cloud.journal.entries({ kind: "oauth.granted" })[0]?.at ?? Number.NaN;
    const last = home.cameras.flatMap((camera) => home.observer.latest(`${home.deviceTopic(camera)}/status`)?.at ?? []);
    return `${home.cameras.length} cameras, ${seconds(Math.max(...last) - signedIn)} after Ring's yes to the first sign-in`;
  });
  let url = "";
  await report.fact("app: addresses are those of Home Assistant's network", async () => {
    const topic = home.topic(camera, "info", "state");
    const isComplete = (text: string): boolean => text.includes("192.168.1.2:8123");
    const message = await home.observer.waitFor("info", (one) => one.topic === topic && isComplete(one.text));
    const { stream_Source, still_Image_URL }: Record<string, string> = JSON.parse(message.text);
    const expected = `rtsp://local-belfry:${openedPort}/${camera.record.device_id}_live`;
    require(stream_Source === expected, `stream_Source is ${stream_Source}`);
    url = expected.replace("local-belfry", "127.0.0.1");
    return `${stream_Source}, ${still_Image_URL}`;
  });
  for (const port of [openedPort, rtspPort])
    await report.fact(`app: a camera plays at port ${port}`, async () => {
      const streams = await probeStreams(url.replace(String(openedPort), String(port)));
      return streams.map(({ codec }) => codec).join(", ");
    });
  await report.fact("app: the doorbell reaches the broker", async () => {
    const from = home.observer.position;
    const begin = performance.now();
    await home.cloud.pressDoorbell(camera.slug);
    await home.observer.waitFor("ding", home.topic(camera, "ding", "state"), { payload: "ON", from });
    return `${Math.round(performance.now() - begin)} ms after the press`;
  });
  await report.fact("app: its log holds no secret", async () => {
    const log = await container.log();
    const { email, password } = home.account.credentials;
    const said = [password, brokerUser.password, email].filter((secret) => log.includes(secret));
    require(said.length === 0, `${said.length} secrets are in the log`);
    return `${log.split("\n").length} lines`;
  });
}

async function checkKill({ house, report }: Scene, container: Container): Promise<void> {
  const { home } = house;
  const camera = home.camera("garden-gate");
  await report.fact(
    "app: killed in the middle of a stream, it is started again, and everything comes back",
    async () => {
      await using viewer = new LastingViewer(`rtsp://127.0.0.1:${rtspPort}/${camera.record.device_id}_live`);
      await viewer.nextFrame();
      const killed = await belfryIn(container);
      const from = home.observer.position;
      const begin = monotonicUnixMs();
      process.kill(killed, "SIGKILL");
      await home.observer.waitFor("the last will", "ring/bridge/status", { payload: "offline", from });
      await belfryIn(container, killed);
      await home.allAvailable({ from: home.observer.position - 1 });
      const backMs = monotonicUnixMs() - begin;
      // The same player, which asks again by itself; nobody else does.
      const streamIsOn = { payload: "ON", from, timeoutMs: 30_000 };
      const isOn = await home.observer.waitFor("the stream", home.topic(camera, "stream", "state"), streamIsOn);
      const frame = await viewer.frameAfter(isOn.at);
      return `${seconds(backMs)} to all entities; the player that stayed has pictures again after ${seconds(frame.at - begin)}`;
    },
  );
}

async function checkStop({ house, report }: Scene, container: Container): Promise<void> {
  const { home, broker } = house;
  const camera = home.camera("driveway");
  await report.fact("app: SIGTERM in the middle of a stream ends it cleanly", async () => {
    await using reader = new VideoReader(`rtsp://127.0.0.1:${rtspPort}/${camera.record.device_id}_live`);
    await reader.frame(10);
    const from = home.observer.position;
    const after = home.cloud.journal.entries().at(-1)?.sequence ?? 0;
    const end = await container.stop();
    require(end.exitCode === 0, `the exit code is ${end.exitCode}`);
    require(end.tookMs < stopLimitMs, `it took ${seconds(end.tookMs)}`);
    await home.observer.waitFor("the bridge being gone", "ring/bridge/status", { payload: "offline", from });
    const kept = await retainedUnder(broker.url, "ring/#", brokerUser);
    require(kept.get("ring/bridge/status") === "offline", "offline is not retained");
    const isHangUp = (entry: JournalEntry): boolean =>
      entry.kind === "live.ended" && entry.details["doorbotId"] === camera.id;
    const hungUp = await home.cloud.journal.waitFor("the end of the call", isHangUp, { after, timeoutMs: 1_000 });
    return `exit code 0 after ${seconds(end.tookMs)}, offline is retained, the call ended at Ring (${String(hungUp.details["reason"])})`;
  });
}

async function checkSecondStart(scene: Scene): Promise<void> {
  const { house, report } = scene;
  const { home } = house;
  const from = home.observer.position;
  await using container = await runApp(scene);
  await report.fact(
    "app: later start, a new container with the same data, is signed in and has everything",
    async () => {
      await home.allAvailable({ from });
      const { ownMs, text } = await startTimeOf(container);
      require(ownMs < startLimitMs, `${text}, more than ${seconds(startLimitMs)}`);
      return `all entities ${text}`;
    },
  );
  await report.fact("app: stopped without a stream", async () => {
    const { exitCode, tookMs } = await container.stop();
    require(exitCode === 0 && tookMs < stopLimitMs, `exit code ${exitCode} after ${seconds(tookMs)}`);
    return `exit code 0 after ${seconds(tookMs)}`;
  });
}

async function checkBadOption(scene: Scene): Promise<void> {
  const { house, report } = scene;
  await report.fact(
    "app: an option that makes no sense ends the container with a sentence and an exit code",
    async () => {
      await using container = await runApp(scene, house.dataWith({ rtsp_port: 99_999 }));
      const { exitCode } = await container.ended();
      const line = (await container.log()).split("\n").find((one) => one.includes("rtsp_port")) ?? "";
      require(exitCode === 1 && line !== "", `exit code ${exitCode}: ${await container.log()}`);
      return `1: ${line}`;
    },
  );
}

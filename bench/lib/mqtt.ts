// `bench -- mqtt`: from a push to MQTT, discovery and memory of 100 cameras, and how quiet an idle bridge is.
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../../test/support/until.ts";
import { percentile, rounded } from "./statistics.ts";
import { StreamStand } from "./stream-stand.ts";

const pushes = 100;
const manyCameras = 100;
const fewCameras = 10;
/** With light and siren, on battery, indoors, and by wire. */
const kinds = ["driveway", "back-garden", "living-room", "side-passage"];
/** An idle hour of Belfry, whose clock runs fast, takes five minutes. */
const clockFactor = 12;
const hourMs = 3_600_000 / clockFactor;
/** Ring's list is polled this often; each time every camera reports something else. */
const pollMs = 20_000 / clockFactor;
/** The library takes no notice of pushes in the first 2 s after it has connected. */
const deafMs = 2_500;
const apartMs = 100;
/** What owners run: with the source, type stripping would count in its memory. */
const mainFile = "dist/main.js";

interface Figures {
  push_to_mqtt_p50_ms: number;
  push_to_mqtt_p99_ms: number;
  push_to_subscriber_p99_ms: number;
  discovery_100_cameras_ms: number;
  memory_100_cameras_mb: number;
  memory_100_cameras_anonymous_mb: number;
  memory_100_cameras_heap_mb: number;
  idle_messages_per_hour: number;
}

export async function runMqtt(args: readonly string[]): Promise<void> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
  const figures: Figures = { ...(await measurePushes()), ...(await measureMany()), ...(await measureIdleHour()) };
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(34)} ${value}\n`);
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

type ManyFigures = Pick<
  Figures,
  | "discovery_100_cameras_ms"
  | "memory_100_cameras_mb"
  | "memory_100_cameras_anonymous_mb"
  | "memory_100_cameras_heap_mb"
>;

async function measureMany(): Promise<ManyFigures> {
  const reports = await mkdtemp(join(tmpdir(), "belfry-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(reports, { recursive: true, force: true }));
  const nodeOptions = `--report-on-signal --report-signal=SIGUSR2 --report-directory=${reports}`;
  const stand = stack.use(await StreamStand.start({ cameras: manyCameras, kinds, mainFile, nodeOptions }));
  const { observer, simulator, belfry } = stand;
  const discovery = /^homeassistant\/device\/54e019bb\d+\/config$/;
  while (observer.latestOf(discovery).length < manyCameras) {
    await observer.waitFor("the next discovery", discovery, { from: observer.position, timeoutMs: 30_000 });
  }
  const answered = await simulator.journal(0, { kind: "http.answered" });
  const listed = answered.find(({ details }) => String(details["path"]).endsWith("/ring_devices"));
  const first = observer
    .latestOf(discovery)
    .map(({ topic }) => observer.messages.find((message) => message.topic === topic)?.at ?? 0);
  await quiet(stand, 30_000);
  const status = await readFile(`/proc/${belfry.pid}/status`, "latin1");
  const memory = (name: string): number =>
    rounded(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024);
  return {
    discovery_100_cameras_ms: rounded(Math.max(...first) - (listed?.at ?? Number.NaN)),
    memory_100_cameras_mb: memory("VmRSS"),
    memory_100_cameras_anonymous_mb: memory("RssAnon"),
    memory_100_cameras_heap_mb: rounded((await usedHeap(belfry.pid, reports)) / 2 ** 20),
  };
}

/** Bytes that JavaScript uses, as Node's diagnostic report has it. */
async function usedHeap(pid: number, directory: string): Promise<number> {
  process.kill(pid, "SIGUSR2");
  return await until("Node's report", async () => {
    const [name] = await readdir(directory);
    const text = name === undefined ? "" : await readFile(join(directory, name), "utf8");
    // It is there before it is complete.
    if (!text.trimEnd().endsWith("}")) return undefined;
    const { javascriptHeap }: { javascriptHeap: { usedMemory: number } } = JSON.parse(text);
    return javascriptHeap.usedMemory;
  });
}

/** What ten cameras say in an hour in which nothing happens, though their reports are never quite the same. */
async function measureIdleHour(): Promise<Pick<Figures, "idle_messages_per_hour">> {
  const fastClock = fileURLToPath(new URL("./fast-clock.cjs", import.meta.url));
  await using stand = await StreamStand.start({
    cameras: fewCameras,
    kinds,
    mainFile,
    settings: { snapshot_mode: "Disabled" },
    environment: { BENCH_CLOCK_FACTOR: String(clockFactor) },
    nodeOptions: `--require "${fastClock}"`,
  });
  await quiet(stand, 30_000);
  const from = stand.observer.position;
  const startedAt = Date.now();
  for (let poll = 1; Date.now() - startedAt < hourMs; poll++) {
    const last_update_time = 1_790_000_000 + Math.round(((Date.now() - startedAt) * clockFactor) / 1_000);
    for (const [index, { slug }] of stand.simulator.cameras.entries()) {
      // By wire there is no signal.
      const rssi =
        kinds[index % kinds.length] === "side-passage"
          ? {}
          : { rssi: -50 + Math.round(4 * Math.sin(poll * 7 + index)) };
      await stand.simulator.operate("record", { camera: slug, patch: { health: { last_update_time, ...rssi } } });
    }
    await pause(startedAt + poll * pollMs - Date.now());
  }
  const messages = stand.observer.messages.slice(from);
  const byTopic = new Map<string, number>();
  for (const { topic } of messages) {
    const name = topic.split("/").slice(-2).join("/");
    byTopic.set(name, (byTopic.get(name) ?? 0) + 1);
  }
  for (const [name, count] of byTopic) process.stderr.write(`idle: ${count} x ${name}\n`);
  return { idle_messages_per_hour: messages.length };
}

type PushFigures = Pick<Figures, "push_to_mqtt_p50_ms" | "push_to_mqtt_p99_ms" | "push_to_subscriber_p99_ms">;

async function measurePushes(): Promise<PushFigures> {
  await using stand = await StreamStand.start({
    cameras: fewCameras,
    kinds,
    mainFile,
    settings: { snapshot_mode: "Disabled" },
  });
  await stand.simulator.journal(0, { kind: "push.connected", waitMs: 10_000 });
  await pause(deafMs);
  const times = await pushTimes(stand);
  const figure = (which: "written" | "heard", percent: number): number =>
    rounded(
      percentile(
        times.map((time) => time[which]),
        percent,
      ),
      2,
    );
  return {
    push_to_mqtt_p50_ms: figure("written", 50),
    push_to_mqtt_p99_ms: figure("written", 99),
    push_to_subscriber_p99_ms: figure("heard", 99),
  };
}

/** From the moment at which the encrypted push leaves the simulated Google: to Belfry's write to the broker, and to a subscriber; ms. */
async function pushTimes({ simulator, observer, tap }: StreamStand): Promise<{ written: number; heard: number }[]> {
  const [camera] = simulator.cameras;
  const topic = `ring/${camera?.locationId}/camera/${camera?.deviceId}/motion_event/state`;
  const times: { written: number; heard: number }[] = [];
  for (let after = await simulator.journalPosition(); times.length < pushes; ) {
    const from = observer.position;
    tap.clear();
    await simulator.operate("motion", { camera: camera?.slug });
    const heard = await observer.waitFor("the motion", topic, { from });
    const [sent] = await simulator.journal(after, { kind: "push.delivered", waitMs: 5_000 });
    const sentAt = sent?.at ?? Number.NaN;
    times.push({ written: tap.writtenAt(topic) - sentAt, heard: heard.at - sentAt });
    after = await simulator.journalPosition();
    await pause(apartMs);
  }
  return times;
}

/** Nothing more comes by MQTT for two seconds, or the patience is over. */
async function quiet({ observer }: StreamStand, patienceMs: number): Promise<void> {
  const until = Date.now() + patienceMs;
  for (let seen = -1; seen !== observer.position && Date.now() < until; ) {
    seen = observer.position;
    await pause(2_000);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

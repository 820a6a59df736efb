// `bench -- mqtt`: from a push to MQTT, discovery and memory of 100 cameras, and how quiet an idle bridge is.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { percentile, rounded } from "./statistics.ts";
import { StreamStand } from "./stream-stand.ts";

const pushes = 100;
const manyCameras = 100;
const fewCameras = 10;
const idleSeconds = 60;
/** The library takes no notice of pushes in the first 2 s after it has connected. */
const deafMs = 2_500;
/** Longer than a delayed TCP acknowledgement. */
const apartMs = 100;
/** What owners run: with the source, type stripping would count in its memory. */
const mainFile = "dist/main.js";

interface Figures {
  push_to_mqtt_p50_ms: number;
  push_to_mqtt_p99_ms: number;
  discovery_100_cameras_ms: number;
  memory_100_cameras_mb: number;
  memory_100_cameras_anonymous_mb: number;
  idle_messages_per_hour: number;
}

export async function runMqtt(args: readonly string[]): Promise<void> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
  const figures: Figures = { ...(await measureFew()), ...(await measureMany()) };
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(34)} ${value}\n`);
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

type ManyFigures = Pick<
  Figures,
  "discovery_100_cameras_ms" | "memory_100_cameras_mb" | "memory_100_cameras_anonymous_mb"
>;

async function measureMany(): Promise<ManyFigures> {
  await using stand = await StreamStand.start({ cameras: manyCameras, mainFile });
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
  };
}

type FewFigures = Pick<Figures, "push_to_mqtt_p50_ms" | "push_to_mqtt_p99_ms" | "idle_messages_per_hour">;

async function measureFew(): Promise<FewFigures> {
  await using stand = await StreamStand.start({
    cameras: fewCameras,
    mainFile,
    settings: { snapshot_mode: "Disabled" },
  });
  await stand.simulator.journal(0, { kind: "push.connected", waitMs: 10_000 });
  await pause(deafMs);
  const times = await pushTimes(stand);
  // Motion is held for half a minute; what follows is idle.
  await pause(35_000);
  const from = stand.observer.position;
  await pause(idleSeconds * 1_000);
  const messages = stand.observer.position - from;
  return {
    push_to_mqtt_p50_ms: rounded(percentile(times, 50), 2),
    push_to_mqtt_p99_ms: rounded(percentile(times, 99), 2),
    idle_messages_per_hour: Math.round((messages * 3_600) / idleSeconds),
  };
}

/** From the moment at which the encrypted push leaves the simulated Google to the event on the broker, ms. */
async function pushTimes({ simulator, observer }: StreamStand): Promise<number[]> {
  const [camera] = simulator.cameras;
  const topic = `ring/${camera?.locationId}/camera/${camera?.deviceId}/motion_event/state`;
  const times: number[] = [];
  for (let after = await simulator.journalPosition(); times.length < pushes; ) {
    const from = observer.position;
    await simulator.operate("motion", { camera: camera?.slug });
    const heard = await observer.waitFor("the motion", topic, { from });
    const [sent] = await simulator.journal(after, { kind: "push.delivered", waitMs: 5_000 });
    times.push(heard.at - (sent?.at ?? Number.NaN));
    after = await simulator.journalPosition();
    // Mosquitto holds a message back while an earlier one is not acknowledged (Nagle): real events are further apart.
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

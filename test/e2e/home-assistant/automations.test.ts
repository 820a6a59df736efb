// The automations of DOCS.md, as their owner pastes them, in a real Home Assistant: what they do, and that they do it only then.
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildAccount } from "../../../simulator/account-builders.ts";
import { hosts } from "../../../simulator/hosts.ts";
import type { BelfryProcess } from "../../support/belfry-process.ts";
import { automationsOf } from "../../support/docs-blocks.ts";
import { configurationDirectory, HomeAssistantAutomations } from "../../support/home-assistant-automations.ts";
import { HomeAssistantClient } from "../../support/home-assistant-client.ts";
import { decodePicture, probeFile } from "../../support/media-probe.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { until } from "../../support/until.ts";

interface ServiceCall {
  readonly domain: string;
  readonly service: string;
  readonly service_data: Readonly<Record<string, unknown>>;
}

const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token, HOME_ASSISTANT_LOG: log } = process.env;
const isHere = Boolean(url && token && log);
const limitMs = 20_000;
const film = { seconds: 4 };

/** Each automation by the service that it is there for, and what the test cannot have as it stands. */
const tested = {
  "switch.turn_on": { id: "belfry_by_hand", changes: [['"00:02:00"', '"00:00:03"']] },
  // The service of a phone takes the same data.
  "notify.mobile_app_phone": {
    id: "belfry_picture",
    changes: [["notify.mobile_app_phone", "notify.persistent_notification"]],
  },
  "persistent_notification.create": { id: "belfry_sign_in", changes: [['"00:05:00"', '"00:00:02"']] },
  "downloader.download_file": { id: "belfry_download", changes: [] },
} as const satisfies Readonly<Record<string, { id: string; changes: readonly (readonly [string, string])[] }>>;

const stack = new AsyncDisposableStack();
let home: SimulatedHome;
let belfry: BelfryProcess;
let assistant: HomeAssistantClient;
let downloads = "";
let logStart = 0;
const calls: ServiceCall[] = [];
const triggered: string[] = [];
/** Names of downloaded files. */
const completed: string[] = [];

const callsOf = (domain: string, service: string): ServiceCall[] =>
  calls.filter((call) => call.domain === domain && call.service === service);
const timesOf = (id: string): number => triggered.filter((one) => one === `automation.${id}`).length;
const messages = (): ServiceCall[] => callsOf("notify", "persistent_notification");

/** Resolves when Home Assistant has the doorbell, and what it shows is not what was left of an earlier test. */
async function isThere(): Promise<void> {
  for (const id of ["event.front_door_doorbell_event", "switch.front_door_stream", "select.front_door_event_select"])
    await assistant.waitFor(
      "availability",
      id,
      (state) => state !== undefined && state.state !== "unavailable",
      limitMs,
    );
}

async function restartBelfry(how: "stop" | "kill9"): Promise<void> {
  await belfry[how]();
  await assistant.waitFor(
    "unavailability",
    "event.front_door_doorbell_event",
    (state) => state?.state === "unavailable",
    limitMs,
  );
  const from = home.observer.position;
  belfry = await home.startBelfry();
  await home.allAvailable({ from });
  await isThere();
}

beforeAll(async () => {
  if (!url || !token || !log) return;
  logStart = statSync(log).size;
  const broker = stack.use(await Mosquitto.start());
  home = stack.use(await SimulatedHome.start({ accounts: [buildAccount({ devices: ["front-door"] })], broker }));
  home.cloud.operations.turnKnobs("front-door", { recording: film });
  assistant = stack.use(await HomeAssistantClient.connect(url, token));
  await assistant.onEvent("call_service", (data) => calls.push(data as unknown as ServiceCall));
  await assistant.onEvent("automation_triggered", ({ entity_id }) => triggered.push(String(entity_id)));
  await assistant.onEvent("downloader_download_completed", ({ filename }) => completed.push(String(filename)));
  await assistant.useBroker(broker.url);
  const directory = await configurationDirectory(assistant);
  downloads = join(directory, "belfry-downloads");
  mkdirSync(downloads, { recursive: true });
  stack.defer(() => rmSync(downloads, { recursive: true }));
  await assistant.setUp("downloader", { download_dir: "belfry-downloads" });
  stack.defer(() => assistant.remove("downloader"));
  belfry = await home.startBelfry();
  await isThere();
  const automations = stack.use(await HomeAssistantAutomations.open(assistant));
  for (const [service, { id, changes }] of Object.entries(tested)) {
    const found = automationsOf("DOCS.md").find(({ text }) => text.includes(`action: ${service}\n`));
    if (!found) throw new Error(`DOCS.md has no automation with ${service}`);
    for (const [before] of changes) expect(found.text).toContain(before);
    const changed = changes.reduce((text, [before, after]) => text.replace(before, after), found.text);
    await automations.add(id, withReachableFiles(changed));
  }
}, 90_000);

afterAll(() => stack.disposeAsync());

/** Home Assistant is not under the simulator's hook: it reaches the file host at the simulator's plain port instead of by name. */
function withReachableFiles(text: string): string {
  const origin = `replace('https://${hosts.recordings}', 'http://127.0.0.1:${home.cloud.ports.http}')`;
  return text.replace(/^( +url: .*recordingUrl) }}"$/m, `$1 | ${origin} }}"`);
}

test.runIf(isHere)("every automation of the manual is tested here", () => {
  expect(automationsOf("DOCS.md")).toHaveLength(Object.keys(tested).length);
});

test.runIf(isHere)("a ring: one message with the picture of that ring, and the live stream for a while", async () => {
  const { id: camera } = home.camera("front-door");
  const after = home.cloud.journal.entries().at(-1)?.sequence ?? 0;
  const { eventId } = await home.cloud.pressDoorbell("front-door");
  const told = await until("the message", () => messages()[0]);
  expect(assistant.state("image.front_door_last_event_image")?.attributes["eventId"]).toBe(eventId);
  const { message, data } = told.service_data as { message: string; data: { image: string } };
  expect(message).toBe("Somebody is at the front door.");
  expect(decodePicture(await assistant.bytes(data.image.replace(/^\/api\//, ""))).width).toBeGreaterThan(0);
  const call = (kind: string) =>
    home.cloud.journal.waitFor(kind, (entry) => entry.kind === kind && entry.details["doorbotId"] === camera, {
      after,
      timeoutMs: limitMs,
    });
  await call("live.activated");
  await call("live.ended");
  expect(callsOf("switch", "turn_on")).toHaveLength(1);
  expect(messages()).toHaveLength(1);
});

test.runIf(isHere)(
  "Belfry goes and comes back, and so does MQTT: nobody is told of a ring",
  async () => {
    const before = [timesOf("belfry_picture"), timesOf("belfry_by_hand")];
    await restartBelfry("stop");
    await restartBelfry("kill9");
    await assistant.reloadMqtt();
    await isThere();
    // A true ring behind it all: what was triggered before it has been told before it.
    await home.cloud.pressDoorbell("front-door");
    await until("the message", () => messages()[before[0] ?? 0]);
    expect([timesOf("belfry_picture"), timesOf("belfry_by_hand")]).toEqual(before.map((times) => times + 1));
  },
  90_000,
);

test.runIf(isHere)("a new recording is downloaded once, and the file plays", async () => {
  const { eventId } = await home.cloud.causeMotion("front-door", "human");
  const name = `front_door_${eventId}.mp4`;
  const asked = (): ServiceCall[] =>
    callsOf("downloader", "download_file").filter(({ service_data }) => service_data["filename"] === name);
  await until("the download", () => completed.find((one) => one === name), { timeoutMs: 30_000 });
  expect(asked()).toHaveLength(1);
  const streams = await probeFile(join(downloads, name));
  expect(streams.map(({ codec }) => codec)).toEqual(["h264", "aac"]);
});

test.runIf(isHere)(
  "when the sign-in is over a message says so",
  async () => {
    home.cloud.operations.revokeRefreshTokens();
    home.cloud.operations.expireAccessTokens();
    const told = await until("the message", () => callsOf("persistent_notification", "create")[0], {
      timeoutMs: 60_000,
    });
    expect(told.service_data).toEqual({ title: "Belfry", message: "Open the panel Belfry and sign in to Ring again." });
  },
  90_000,
);

test.runIf(isHere)("Home Assistant's log has nothing to say of all that", () => {
  const lines = readFileSync(log ?? "")
    .subarray(logStart)
    .toString()
    .split("\n");
  expect(lines.filter((line) => /\b(?:WARNING|ERROR|CRITICAL)\b/.test(line))).toEqual([]);
});

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { parseAnnounced } from "../../src/home-assistant/announced-devices.ts";
import {
  bridgeDevice,
  everyPlatform,
  frontDoor,
  problemEntity,
  testOrigin,
} from "../../src/home-assistant/discovery.fixtures.ts";
import { validateDiscovery } from "../../src/home-assistant/discovery-validator.ts";
import { bridgeWill, HomeAssistant } from "../../src/home-assistant/home-assistant.ts";
import { Topics } from "../../src/home-assistant/topics.ts";
import { BrokerConnection } from "../../src/mqtt/broker-connection.ts";
import { StateFile } from "../../src/storage/state-file.ts";
import { hasMosquitto, Mosquitto, OutsideClient, retainedUnder } from "../support/mosquitto.ts";

const test = plainTest.skipIf(!hasMosquitto);
const topics = new Topics();
const at = topics.device(frontDoor);
const bridgeDiscovery = topics.discovery(bridgeDevice.id);
const cameraDiscovery = topics.discovery(frontDoor.id);

/** One run of the bridge's MQTT side; `path` is its state file. */
function run(url: string, path: string) {
  const { logger, lines } = recordingLogger();
  const deps = { clock: systemClock, logger };
  const broker = BrokerConnection.open(
    { url, clientId: `belfry-${randomBytes(4).toString("hex")}`, will: bridgeWill(topics) },
    { ...deps, signal: new AbortController().signal },
  );
  const announced = StateFile.open(path, logger).section("announced", parseAnnounced);
  const homeAssistant = HomeAssistant.open({
    ...deps,
    broker,
    topics,
    origin: testOrigin,
    announced,
    random: () => 0.05,
  });
  const close = async (): Promise<void> => {
    await homeAssistant.close();
    await broker.close();
  };
  return { homeAssistant, broker, lines, [Symbol.asyncDispose]: close };
}

function describeAll(homeAssistant: HomeAssistant): void {
  homeAssistant.link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
  const link = homeAssistant.link(frontDoor);
  link.describe(frontDoor, everyPlatform);
  link.setAvailable(true);
  link.publishState("light", "OFF");
  link.publishAttributes("stream", { viewers: 0 });
  link.publishImage("snapshot", Buffer.from("jpeg"));
}

async function withStateFile(work: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "belfry-mqtt-"));
  try {
    await work(join(directory, "state.json"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What is retained may come in any order to whoever subscribes late. */
async function roundIsOver(outside: OutsideClient): Promise<void> {
  await outside.message(({ topic, text }) => topic === `${at}/snapshot/image` && text === "jpeg");
  await outside.message(({ topic, text }) => topic === "ring/bridge/status" && text === "online");
}

const isAnswerOver = (topic: string): boolean => topic === "ring/bridge/status";

test("discovery and state are retained, valid; the bridge is announced first and available last", () =>
  withStateFile(async (path) => {
    await using broker = await Mosquitto.start();
    await using outside = await OutsideClient.open(broker.url);
    await using bridge = run(broker.url, path);
    describeAll(bridge.homeAssistant);
    bridge.homeAssistant.link(frontDoor).publishEvent("doorbell_event", '{"event_type":"ring"}');
    await roundIsOver(outside);
    const order = outside.seen.map(({ topic }) => topic).filter((topic) => !topic.includes("doorbell_event"));
    expect(order.slice(0, 2)).toEqual([bridgeDiscovery, cameraDiscovery]);
    expect(order.at(-1)).toBe("ring/bridge/status");

    const retained = await retainedUnder(broker.url);
    expect([...retained.keys()].sort()).toEqual(
      [
        bridgeDiscovery,
        cameraDiscovery,
        "ring/bridge/status",
        `${at}/status`,
        `${at}/status/attributes`,
        `${at}/light/state`,
        `${at}/stream/attributes`,
        `${at}/snapshot/image`,
      ].sort(),
    );
    for (const topic of [bridgeDiscovery, cameraDiscovery])
      expect(validateDiscovery(topic, retained.get(topic) ?? "?")).toEqual([]);
    expect(retained.get("ring/bridge/status")).toBe("online");
  }));

test("after a broker restart everything retained is there again, each once", () =>
  withStateFile(async (path) => {
    await using broker = await Mosquitto.start();
    await using bridge = run(broker.url, path);
    describeAll(bridge.homeAssistant);
    await using outside = await OutsideClient.open(broker.url, "#");
    await roundIsOver(outside);
    await broker.kill();
    outside.clear();
    bridge.homeAssistant.link(frontDoor).publishState("light", "ON");
    bridge.homeAssistant.link(frontDoor).publishEvent("doorbell_event", "{}");
    await broker.run();
    await roundIsOver(outside);
    const retained = await retainedUnder(broker.url);
    expect(retained.get(`${at}/light/state`)).toBe("ON");
    expect(retained.size).toBe(8);
    // Whoever reconnected in time has seen each message once: as it was published, or as it was stored.
    for (const topic of retained.keys()) expect(outside.texts(topic).length).toBeLessThanOrEqual(1);
    expect(retained.has(`${at}/doorbell_event/state`)).toBe(false);
  }));

test("two birth messages of Home Assistant get one answer", () =>
  withStateFile(async (path) => {
    await using broker = await Mosquitto.start();
    await using bridge = run(broker.url, path);
    describeAll(bridge.homeAssistant);
    await using outside = await OutsideClient.open(broker.url);
    await roundIsOver(outside);
    outside.clear();
    await outside.publish("homeassistant/status", "online");
    await outside.publish("homeassistant/status", "online");
    await outside.message(({ topic }) => isAnswerOver(topic));
    // A second answer would follow within the same delay; another birth message shows that there was none.
    const first = outside.seen.map(({ topic }) => topic).filter((topic) => topic !== "homeassistant/status");
    expect(new Set(first).size).toBe(first.length);
    expect(first).toHaveLength(7);
    outside.clear();
    await outside.publish("homeassistant/status", "online");
    await outside.message(({ topic }) => isAnswerOver(topic));
    expect(outside.texts(cameraDiscovery)).toHaveLength(1);
  }));

test("commands arrive, retained ones do not", () =>
  withStateFile(async (path) => {
    await using broker = await Mosquitto.start();
    await using outside = await OutsideClient.open(broker.url);
    await outside.publish(`${at}/light/command`, "stored", { retain: true });
    await using bridge = run(broker.url, path);
    describeAll(bridge.homeAssistant);
    const link = bridge.homeAssistant.link(frontDoor);
    const heard: string[] = [];
    const last = Promise.withResolvers<void>();
    using _light = link.onCommand("light", (payload) => {
      heard.push(payload);
      if (payload === "OFF") last.resolve();
    });
    await roundIsOver(outside);
    await expect.poll(() => bridge.lines.map(({ line }) => line).join("\n")).toContain("retained command");
    await outside.publish(`${at}/light/command`, "ON", { retain: true });
    await outside.publish(`${at}/light/command`, "", { retain: true });
    await outside.publish(`${at}/light/command`, "ON");
    await outside.publish(`${at}/nothing/command`, "ON");
    await outside.publish(`${at}/light/command`, "OFF");
    await last.promise;
    expect(heard).toEqual(["ON", "OFF"]);
    expect(bridge.lines.filter(({ level }) => level === "warn").map(({ line }) => line)).toEqual([
      expect.stringContaining("the retained command on"),
      `a command came on ${at}/nothing/command, which belongs to no control of this device`,
    ]);
  }));

test("a device that vanished between two runs leaves nothing on the broker", () =>
  withStateFile(async (path) => {
    await using broker = await Mosquitto.start();
    await using outside = await OutsideClient.open(broker.url);
    {
      await using first = run(broker.url, path);
      describeAll(first.homeAssistant);
      await roundIsOver(outside);
    }
    expect((await retainedUnder(broker.url)).get("ring/bridge/status")).toBe("offline");
    await using second = run(broker.url, path);
    second.homeAssistant.link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
    second.homeAssistant.removeUnlinked();
    await outside.message(({ topic, text }) => topic === `${at}/snapshot/image` && text === "");
    const retained = await retainedUnder(broker.url);
    expect([...retained.keys()].sort()).toEqual([bridgeDiscovery, "ring/bridge/status"]);
  }));

async function startHolder(url: string, outside: OutsideClient) {
  const script = new URL("mqtt-holder.ts", import.meta.url).pathname;
  const holder = spawn(process.execPath, [script, url], { stdio: "inherit" });
  await outside.message(({ topic, text }) => topic === "ring/bridge/status" && text === "online");
  outside.clear();
  return holder;
}

test("killed without warning: the broker says offline", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  const holder = await startHolder(broker.url, outside);
  holder.kill("SIGKILL");
  await outside.message(({ topic, text }) => topic === "ring/bridge/status" && text === "offline");
  expect((await retainedUnder(broker.url)).get("ring/bridge/status")).toBe("offline");
});

test("ended politely: we say offline ourselves, once, and the process ends", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  const holder = await startHolder(broker.url, outside);
  const exited = once(holder, "exit");
  holder.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  await outside.publish("ring/marker", "");
  await outside.message(({ topic }) => topic === "ring/marker");
  expect(outside.texts("ring/bridge/status")).toEqual(["offline"]);
});

// The whole app against a real Home Assistant (HOME_ASSISTANT_URL, HOME_ASSISTANT_TOKEN, HOME_ASSISTANT_LOG).
import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BelfryProcess } from "../../support/belfry-process.ts";
import { type EntityState, HomeAssistantClient, type RegistryEntry } from "../../support/home-assistant-client.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";

interface Component {
  readonly platform: string;
  readonly unique_id: string;
  readonly default_entity_id: string;
  readonly entity_category?: string;
  readonly enabled_by_default?: boolean;
  readonly state_topic?: string;
  readonly [option: string]: unknown;
}

interface Announced {
  readonly device: { readonly identifiers: readonly string[]; readonly name: string };
  readonly components: Readonly<Record<string, Component>>;
}

const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token, HOME_ASSISTANT_LOG: log } = process.env;
const isHere = Boolean(url && token && log);
const limitMs = 20_000;

let home: SimulatedHome;
let broker: Mosquitto;
let belfry: BelfryProcess;
let assistant: HomeAssistantClient;
let logStart = 0;

/** What Belfry has announced, read from the broker. */
const announced = (): Announced[] =>
  home.observer
    .latestOf(/^homeassistant\/device\/[^/]+\/config$/)
    .filter(({ text }) => text !== "")
    .map(({ text }) => JSON.parse(text) as Announced);

/** Without those that are just being taken back: a camera without chime has no chime to switch. */
const components = (): Component[] =>
  announced().flatMap((device) => Object.values(device.components).filter(({ unique_id }) => unique_id !== undefined));
const isAvailable = (state: EntityState | undefined): boolean => state !== undefined && state.state !== "unavailable";

async function registered(): Promise<Map<string, RegistryEntry>> {
  return new Map(
    (await assistant.entities()).filter(({ platform }) => platform === "mqtt").map((entry) => [entry.unique_id, entry]),
  );
}

/** Resolves when Home Assistant has every announced entity. */
async function allRegistered(): Promise<Map<string, RegistryEntry>> {
  for (const started = Date.now(); ; ) {
    const known = await registered();
    const isAnnounced = announced().length > home.cameras.length;
    if (isAnnounced && components().every(({ unique_id }) => known.has(unique_id))) return known;
    if (Date.now() - started > limitMs) {
      throw new Error(
        `not in Home Assistant: ${components()
          .filter(({ unique_id }) => !known.has(unique_id))
          .map(({ unique_id }) => unique_id)}`,
      );
    }
  }
}

const entity = (slug: string, key: string, platform: string): string =>
  `${platform}.${slug.replaceAll("-", "_")}_${key}`;
const journal = (kind: string, after: number) =>
  home.cloud.journal.waitFor(kind, (entry) => entry.kind === kind, { after, timeoutMs: limitMs });
const lastSequence = (): number => home.cloud.journal.entries().at(-1)?.sequence ?? 0;

beforeAll(async () => {
  if (!url || !token || !log) return;
  logStart = statSync(log).size;
  assistant = await HomeAssistantClient.connect(url, token);
  broker = await Mosquitto.start();
  home = await SimulatedHome.start({ broker });
  await assistant.useBroker(broker.url);
  belfry = await home.startBelfry();
  await home.allAvailable();
  await allRegistered();
}, 60_000);

afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
  assistant?.[Symbol.dispose]();
});

test.runIf(isHere)("every announced entity is there: id, category, device, enabled or not", async () => {
  const known = await allRegistered();
  const devices = await assistant.devices();
  const wrong: string[] = [];
  for (const { device, components: parts } of announced()) {
    const owner = devices.find(({ identifiers }) => identifiers.some(([, id]) => id === device.identifiers[0]));
    if (owner?.name !== device.name) wrong.push(`device ${device.name} is ${owner?.name}`);
    for (const part of Object.values(parts)) {
      const entry = known.get(part.unique_id);
      if (entry?.entity_id !== part.default_entity_id) wrong.push(`${part.default_entity_id} is ${entry?.entity_id}`);
      if ((entry?.entity_category ?? undefined) !== part.entity_category)
        wrong.push(`${entry?.entity_id} has category ${entry?.entity_category}`);
      if (entry?.device_id !== owner?.id) wrong.push(`${entry?.entity_id} belongs to another device`);
      if ((entry?.disabled_by === null) !== (part.enabled_by_default ?? true))
        wrong.push(`${entry?.entity_id} is disabled by ${entry?.disabled_by}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(announced()).toHaveLength(home.cameras.length + 1);
});

test.runIf(isHere)("every enabled entity is available and shows what stands on its topic", async () => {
  const enabled = components().filter(({ enabled_by_default }) => enabled_by_default ?? true);
  for (const { default_entity_id: id } of enabled) await assistant.waitFor("availability", id, isAvailable, limitMs);
  const plain = enabled.filter(
    ({ platform, state_topic, value_template, payload_on }) =>
      state_topic &&
      !value_template &&
      !payload_on &&
      ["binary_sensor", "select", "switch", "light", "siren", "number"].includes(platform),
  );
  for (const { default_entity_id: id, state_topic } of plain) {
    const told = home.observer.latest(state_topic ?? "")?.text;
    if (told === undefined) continue;
    const shows = (state: EntityState | undefined): boolean =>
      state?.state === told || state?.state === told.toLowerCase() || Number(state?.state) === Number(told);
    await assistant.waitFor(`state ${told}`, id, shows, limitMs);
  }
  expect(plain.length).toBeGreaterThan(20);
});

test.runIf(isHere)("commands by service call reach the cloud and come back as states", async () => {
  const light = entity("driveway", "light", "light");
  const siren = entity("driveway", "siren", "siren");
  let after = lastSequence();
  for (const id of [light, siren]) await assistant.waitFor("availability", id, isAvailable, limitMs);
  await assistant.call("light", "turn_on", { entity_id: light });
  expect((await journal("light.switched", after)).details).toMatchObject({ state: "on" });
  await assistant.waitFor("light", light, (state) => state?.state === "on");
  await assistant.call("light", "turn_off", { entity_id: light });
  await assistant.waitFor("dark", light, (state) => state?.state === "off");
  after = lastSequence();
  await assistant.call("siren", "turn_on", { entity_id: siren, duration: 3 });
  await journal("siren.switched", after);
  await assistant.waitFor("noise", siren, (state) => state?.state === "on");
  await assistant.waitFor("silence", siren, (state) => state?.state === "off", limitMs);
});

test.runIf(isHere)("every switch, number and select of one camera takes a command and shows it", async () => {
  const [camera] = announced().filter(({ device }) => device.name === "Front Door");
  const parts = Object.values(camera?.components ?? {}).filter(({ enabled_by_default }) => enabled_by_default ?? true);
  const failed: string[] = [];
  for (const part of parts) await exercise(part).catch((error: Error) => failed.push(error.message));
  expect(failed).toEqual([]);
});

/** Sets another value, waits until it is shown, and puts the old one back. */
async function exercise(part: Component): Promise<void> {
  const id = part.default_entity_id;
  const before = assistant.state(id)?.state;
  if (before === undefined || before === "unknown") return;
  const set = async (value: string): Promise<void> => {
    if (part.platform === "switch") await assistant.call("switch", `turn_${value}`, { entity_id: id });
    if (part.platform === "number")
      await assistant.call("number", "set_value", { entity_id: id, value: Number(value) });
    if (part.platform === "select") await assistant.call("select", "select_option", { entity_id: id, option: value });
    await assistant.waitFor(
      `value ${value}`,
      id,
      (state) => state?.state === value || Number(state?.state) === Number(value),
      limitMs,
    );
  };
  const other = otherValue(part, before);
  // A stream would stay on; streams have their own tests.
  if (other === undefined || /_(?:stream|stream_lock)$/.test(id)) return;
  await set(other);
  await set(before);
}

function otherValue({ platform, min, max, options }: Component, before: string): string | undefined {
  if (platform === "switch") return before === "on" ? "off" : "on";
  if (platform === "number") return String(Number(before) === Number(max) ? min : max);
  if (platform === "select") return (options as string[]).find((option) => option !== before);
  return undefined;
}

test.runIf(isHere)("two presses within the hold fire the doorbell event twice", async () => {
  const id = entity("front-door", "doorbell_event", "event");
  const fired: string[] = [];
  using _subscription = assistant.onState((state, changed) => {
    if (changed === id && state && isAvailable(state)) fired.push(state.state);
  });
  for (const count of [1, 2]) {
    home.cloud.pressDoorbell("front-door");
    await assistant.waitFor(`event ${count}`, id, () => new Set(fired).size >= count);
  }
  expect(new Set(fired).size).toBe(2);
  await assistant.waitFor("ding", entity("front-door", "ding", "binary_sensor"), (state) => state?.state === "on");
});

test.runIf(isHere)("the snapshot is a JPEG in Home Assistant", async () => {
  const jpeg = await assistant.bytes(`camera_proxy/${entity("driveway", "snapshot", "camera")}`);
  expect(jpeg.subarray(0, 3).toString("hex")).toBe("ffd8ff");
});

test.runIf(isHere)(
  "after a reload of MQTT in Home Assistant all entities are there again",
  async () => {
    await assistant.reloadMqtt();
    for (const { default_entity_id: id, enabled_by_default } of components()) {
      if (enabled_by_default ?? true) await assistant.waitFor("availability", id, isAvailable, limitMs);
    }
  },
  60_000,
);

test.runIf(isHere)("Home Assistant's log has nothing from MQTT at warning or above", () => {
  const lines = readFileSync(log ?? "", "utf8")
    .slice(logStart)
    .split("\n");
  expect(lines.filter((line) => /\b(?:WARNING|ERROR|CRITICAL)\b.*mqtt/i.test(line))).toEqual([]);
});

test.runIf(isHere)(
  "states follow the death of Belfry and of the broker",
  async () => {
    const id = entity("driveway", "motion", "binary_sensor");
    await assistant.waitFor("availability", id, isAvailable, limitMs);
    const from = home.observer.position;
    await belfry.kill9();
    await home.observer.waitFor("the last will", "ring/bridge/status", { payload: "offline", from });
    await assistant.waitFor("unavailability", id, (state) => state?.state === "unavailable", limitMs);
    belfry = await home.startBelfry();
    await assistant.waitFor("return", id, isAvailable, limitMs);
    await broker.restart();
    await assistant.waitFor("loss of the broker", id, (state) => state?.state === "unavailable", limitMs);
    await assistant.waitFor("return after the broker", id, isAvailable, 60_000);
  },
  120_000,
);

test.runIf(isHere)(
  "a camera that leaves the account leaves Home Assistant",
  async () => {
    const { device_id: leaving } = home.camera("living-room").record;
    home.cloud.operations.removeDevice("living-room");
    // By itself Belfry believes it after some minutes.
    await assistant.call("button", "press", { entity_id: "button.belfry_rediscover" });
    const id = entity("living-room", "motion", "binary_sensor");
    await assistant.waitFor("end", id, (state) => state === undefined, 90_000);
    expect([...(await registered()).keys()].filter((unique) => unique.startsWith(leaving))).toEqual([]);
  },
  120_000,
);

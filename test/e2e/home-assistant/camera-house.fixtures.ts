// A real Home Assistant, a broker, Belfry, and a simulated account with every camera there is.
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import type { Device } from "../../../simulator/device.ts";
import { deviceSettings } from "../../../simulator/device-settings.ts";
import type { JournalEntry } from "../../../simulator/journal.ts";
import { mergeInto } from "../../../simulator/json.ts";
import { quietView } from "../../../src/bridge/camera-view.fixtures.ts";
import { cameraRows } from "../../../src/bridge/entities/camera-rows.ts";
import { readCameraState } from "../../../src/ring/camera-state-reader.ts";
import { readDeviceList } from "../../../src/ring/wire/device-list.ts";
import { everyCamera } from "../../fixtures/every-camera.ts";
import type { BelfryProcess } from "../../support/belfry-process.ts";
import { type EntityState, HomeAssistantClient, type RegistryEntry } from "../../support/home-assistant-client.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { until } from "../../support/until.ts";
import { type Component, faultsOf } from "./shown-value.ts";

export interface Announced {
  readonly device: {
    readonly identifiers: readonly string[];
    readonly name: string;
    readonly manufacturer: string;
    readonly model: string;
    readonly sw_version?: string;
    readonly via_device?: string;
  };
  readonly components: Readonly<Record<string, Component>>;
}

/** A control of one camera (or of the bridge), and where its device is in the cloud. */
export interface Control {
  readonly key: string;
  readonly component: Component;
  readonly device: Device | undefined;
}

export const bridgeId = "belfry_bridge";
/** A busy machine needs long for more than a thousand entities. */
export const limitMs = 120_000;
/** Looking costs Home Assistant something, too. */
const patience = { timeoutMs: limitMs, everyMs: 500 };
export const isAvailable = (state: EntityState | undefined): boolean =>
  state !== undefined && state.state !== "unavailable";

interface Access {
  readonly url: string;
  readonly token: string;
  readonly log: string;
}

export class CameraHouse implements AsyncDisposable {
  readonly home: SimulatedHome;
  readonly broker: Mosquitto;
  belfry: BelfryProcess;
  assistant: HomeAssistantClient;
  readonly #access: Access;
  readonly #logStart: number;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<CameraHouse, "home" | "broker" | "belfry" | "assistant"> & { access: Access; logStart: number },
    stack: AsyncDisposableStack,
  ) {
    this.home = parts.home;
    this.broker = parts.broker;
    this.belfry = parts.belfry;
    this.assistant = parts.assistant;
    this.#access = parts.access;
    this.#logStart = parts.logStart;
    this.#stack = stack;
  }

  /** Resolves when Home Assistant has every entity of every camera. */
  static async start(access: Access): Promise<CameraHouse> {
    await using stack = new AsyncDisposableStack();
    const logStart = statSync(access.log).size;
    const assistant = await HomeAssistantClient.connect(access.url, access.token);
    // The observer takes everything at QoS 1: so many cameras at once are more than Mosquitto keeps for a client.
    const broker = stack.use(await Mosquitto.start({ config: ["max_queued_messages 0"] }));
    const { account, pages } = everyCamera();
    const home = stack.use(await SimulatedHome.start({ accounts: [account], broker }));
    for (const camera of home.cameras) mergeInto(camera.extraSettings, structuredClone(pages.get(camera.id) ?? {}));
    await assistant.useBroker(broker.url);
    const belfry = await home.startBelfry();
    const house = new CameraHouse({ home, broker, belfry, assistant, access, logStart }, stack.move());
    await house.allRegistered();
    return house;
  }

  /** What Belfry has announced, read from the broker. */
  get announced(): Announced[] {
    return this.home.observer
      .latestOf(/^homeassistant\/device\/[^/]+\/config$/)
      .filter(({ text }) => text !== "")
      .map(({ text }) => JSON.parse(text) as Announced);
  }

  /** Without those that are just being taken back: a camera without chime has no chime to switch. */
  get components(): Component[] {
    return this.announced.flatMap(({ components }) => Object.values(components).filter(({ unique_id }) => unique_id));
  }

  /** By key, each with the first camera that has it and may be told what to do. */
  get controls(): Control[] {
    const found = new Map<string, Control>();
    for (const { device, components } of this.announced) {
      const camera = this.cameraOf(device.identifiers[0] ?? "");
      for (const [key, component] of Object.entries(components)) {
        if (component.command_topic === undefined || camera?.isShared || found.has(key)) continue;
        found.set(key, { key, component, device: camera });
      }
    }
    return [...found.values()];
  }

  cameraOf(deviceId: string): Device | undefined {
    const { account } = this.home;
    const records = [...account.ring_devices.other, ...this.home.cameras.map(({ record }) => record)];
    const record = records.find(({ id, device_id }) => (device_id ?? String(id)) === deviceId);
    return this.home.cloud.world.accounts[0]?.devices.find(({ id }) => id === record?.id);
  }

  /** Entity of a demo camera: `entity("driveway", "light", "light")`. */
  entity(slug: string, key: string, platform: string): string {
    return `${platform}.${slug.replaceAll("-", "_")}_${key}`;
  }

  get sequence(): number {
    return this.home.cloud.journal.entries().at(-1)?.sequence ?? 0;
  }

  journal(what: string, isIt: (entry: JournalEntry) => boolean, after: number): Promise<JournalEntry> {
    return this.home.cloud.journal.waitFor(what, isIt, { after, timeoutMs: limitMs });
  }

  async registered(): Promise<Map<string, RegistryEntry>> {
    const entries = (await this.assistant.entities()).filter(({ platform }) => platform === "mqtt");
    return new Map(entries.map((entry) => [entry.unique_id, entry]));
  }

  /** Every entity that the table gives a camera with this record and this settings page, by unique id. */
  get wanted(): string[] {
    const devices = this.home.cloud.world.accounts[0]?.devices ?? [];
    return devices.flatMap((device) => {
      const lists = { doorbots: [], [device.list]: [device.view(Date.now())] };
      const camera = readDeviceList(JSON.parse(JSON.stringify(lists)))?.cameras[0];
      if (!camera) return [];
      const view = quietView(readCameraState(camera, deviceSettings(device)));
      return cameraRows.filter((row) => row.exists(view)).map(({ key }) => `${camera.deviceId}_${key}`);
    });
  }

  async allRegistered(): Promise<void> {
    let missing = ["all"];
    const look = async (): Promise<true | undefined> => {
      const announced = this.components.map(({ unique_id }) => unique_id);
      missing = this.wanted.filter((id) => !announced.includes(id));
      if (missing.length > 0) return undefined;
      const known = await this.registered();
      missing = announced.filter((id) => !known.has(id));
      return missing.length === 0 || undefined;
    };
    await until("every entity in Home Assistant", look, patience).catch(() => {
      throw new Error(`${missing.length} entities are not in Home Assistant: ${missing.slice(0, 20)}`);
    });
  }

  /** Its owner enables what is disabled at first; Home Assistant loads it half a minute later by itself. */
  async enableAll(): Promise<void> {
    const disabled = [...(await this.registered()).values()].filter(({ disabled_by }) => disabled_by === "integration");
    const type = "config/entity_registry/update";
    await Promise.all(disabled.map(({ entity_id }) => this.assistant.ask({ type, entity_id, disabled_by: null })));
    const last = disabled.at(-1);
    if (last) await this.assistant.waitFor("being loaded", last.entity_id, isAvailable, limitMs);
    await this.allTrue();
  }

  /** Resolves when every entity shows what stands on its topics. */
  async allTrue(): Promise<void> {
    let faults: string[] = [];
    const look = (): true | undefined => {
      const latest = new Map(this.home.observer.messages.map(({ topic, text }) => [topic, text]));
      const told = (topic: string | undefined): string | undefined => latest.get(topic ?? "");
      faults = this.components.flatMap((component) =>
        faultsOf(component, this.assistant.state(component.default_entity_id), told),
      );
      return faults.length === 0 || undefined;
    };
    await until("the truth in Home Assistant", look, patience).catch(() => {
      throw new Error(`${faults.length} faults:\n${faults.slice(0, 40).join("\n")}`);
    });
  }

  /** Resolves when no entity is available. */
  async allUnavailable(): Promise<void> {
    for (const { default_entity_id: id } of this.components)
      await this.assistant.waitFor("unavailability", id, (state) => state?.state === "unavailable", limitMs);
  }

  /** By the command that was given for it; without one its MQTT integration is loaded anew. */
  async restartAssistant(command: string | undefined): Promise<void> {
    if (command === undefined) return await this.assistant.reloadMqtt();
    this.assistant[Symbol.dispose]();
    await promisify(execFile)("sh", ["-c", command]);
    const { url, token } = this.#access;
    const connect = (): Promise<HomeAssistantClient | undefined> =>
      HomeAssistantClient.connect(url, token).catch(() => undefined);
    this.assistant = await until("Home Assistant being back", connect, patience);
  }

  /** What Home Assistant has logged about MQTT at warning or above since the start. */
  get complaints(): string[] {
    const lines = readFileSync(this.#access.log).subarray(this.#logStart).toString().split("\n");
    return lines.filter((line) => /\b(?:WARNING|ERROR|CRITICAL)\b.*mqtt/i.test(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.assistant[Symbol.dispose]();
    await this.#stack.disposeAsync();
  }
}

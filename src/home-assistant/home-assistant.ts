// Home Assistant on the other side of the broker: our devices there, their commands, and telling all again when it asks.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { EchoTopic } from "../mqtt/access-check.ts";
import type { BrokerMessage, MessageBroker } from "../mqtt/message-broker.ts";
import { AnnouncedRegister, type AnnouncedStore } from "./announced-devices.ts";
import { DeviceChannel } from "./device-channel.ts";
import type { DeviceDirectory, DeviceLink } from "./device-link.ts";
import type { Origin } from "./discovery-payload.ts";
import { validateDiscovery } from "./discovery-validator.ts";
import type { DeviceDescription, Platform } from "./entity-description.ts";
import { RetiredDevices } from "./retired-devices.ts";
import { attributesOf, isDeviceStatus, type Topics } from "./topics.ts";

export interface HomeAssistantOptions {
  readonly broker: MessageBroker;
  readonly topics: Topics;
  readonly origin: Origin;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly announced: AnnouncedStore;
  /** Cameras that are announced for the first time are taken over from ring-mqtt, if that has announced them before. */
  readonly takesOverFromRingMqtt?: boolean;
  /** In [0, 1); spreads the answers of many programs to one birth message. */
  readonly random?: () => number;
}

/** The last will that the broker connection must carry, so that a killed bridge is seen as such. */
export function bridgeWill(topics: Topics): { readonly topic: string; readonly payload: string } {
  return { topic: topics.bridgeStatus, payload: "offline" };
}

/** Where the broker connection listens for itself, so that an access list that forbids something is noticed. */
export function echoTopics({ base, commandEcho, discoveryPrefix, discoveryEcho }: Topics): readonly EchoTopic[] {
  return [
    { topic: commandEcho, filter: `${base}/#`, isHeardAnyway: true },
    { topic: discoveryEcho, filter: `${discoveryPrefix}/#`, isHeardAnyway: false },
  ];
}

const notRunning = "Belfry does not run";
const notSeen = "Ring has not shown this camera since Belfry started";
const longestBirthDelayMs = 2_000;
const rememberedWarnings = 1_000;

export class HomeAssistant implements DeviceDirectory, AsyncDisposable {
  readonly #options: HomeAssistantOptions;
  readonly #register: AnnouncedRegister;
  readonly #retired: RetiredDevices;
  readonly #channels = new Map<string, DeviceChannel>();
  readonly #warnings = new Set<string>();
  readonly #discoveryLogger: Logger;
  readonly #lifetime = new DisposableStack();
  #birth: Disposable | undefined;
  #isClosed = false;

  private constructor(options: HomeAssistantOptions) {
    const { announced, broker, clock, logger } = options;
    this.#options = options;
    this.#discoveryLogger = logger.child("discovery");
    this.#register = new AnnouncedRegister(announced, clock, logger);
    this.#retired = this.#lifetime.use(new RetiredDevices(this.#register, broker, clock, logger));
  }

  static open(options: HomeAssistantOptions): HomeAssistant {
    const opened = new HomeAssistant(options);
    opened.#listen();
    return opened;
  }

  link(device: DeviceDescription): DeviceLink {
    const known = this.#channels.get(device.id);
    if (known) return known;
    this.#retired.reprieve(device.id);
    const { topics, origin, broker, clock, takesOverFromRingMqtt: takesOver = false } = this.#options;
    const onRemoved = (id: string): void => {
      this.#channels.delete(id);
      this.#retired.retire(id);
    };
    const channel = new DeviceChannel(device, {
      topics,
      origin,
      broker,
      clock,
      register: this.#register,
      onRemoved,
      takesOver,
      onAnnounced: (topic, payload) => this.#checkDiscovery(topic, payload),
    });
    this.#channels.set(device.id, channel);
    return channel;
  }

  /** The id that we ask Home Assistant to give an entity. */
  entityId(device: Pick<DeviceDescription, "id" | "name">, platform: Platform, key: string): string {
    return `${platform}.${this.#register.slug(device)}_${key}`;
  }

  removeUnlinked(ids: readonly string[] = this.#register.ids): void {
    for (const id of ids) if (!this.#channels.has(id)) this.#retired.retire(id);
  }

  announceAll(): void {
    if (this.#options.broker.isConnected) this.#replay(false);
  }

  /** Says `offline`, of each device too; the broker connection is to be closed after it, which waits until that is with the broker. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#birth?.[Symbol.dispose]();
      for (const channel of this.#channels.values()) {
        channel.setAvailable(false, notRunning);
        channel[Symbol.dispose]();
      }
      this.#lifetime.dispose();
      this.#register.flush();
      if (this.#options.broker.isConnected) this.#sayStatus("offline");
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(): void {
    const { broker, topics } = this.#options;
    const commands = (message: BrokerMessage): void => this.#handleCommand(message);
    this.#lifetime.use(broker.subscribe(topics.commandFilter, commands, { retainAsPublished: true }));
    this.#lifetime.use(broker.subscribe(topics.birth, (message) => this.#handleBirth(message)));
    this.#lifetime.use(broker.subscribe(topics.bridgeStatus, (message) => this.#handleStatus(message)));
    this.#lifetime.use(broker.connected.subscribe((isConnected) => isConnected && this.#replay(true)));
    if (broker.isConnected) this.#replay(true);
  }

  /**
   * Everything that is retained, once. Events are never said again. The bridge is available last: until then nothing is that
   * the broker may still have of an earlier run.
   */
  #replay(isConnect: boolean): void {
    this.#birth?.[Symbol.dispose]();
    this.#birth = undefined;
    // The bridge first: the others name it as their parent.
    const rank = (channel: DeviceChannel): number => (channel.device.category === "bridge" ? 0 : 1);
    const channels = [...this.#channels.values()].sort((a, b) => rank(a) - rank(b));
    for (const channel of channels) channel.announce(true);
    if (isConnect) this.#sayUnlinked();
    for (const channel of channels) channel.replayValues(isConnect);
    for (const channel of channels) channel.replayStatus();
    this.#sayStatus("online");
    this.#retired.resume();
  }

  /** What an earlier run has told of devices that this one has not seen yet is no longer true. */
  #sayUnlinked(): void {
    const { broker } = this.#options;
    const unlinked = this.#register.ids.filter((id) => !this.#channels.has(id));
    const topics = unlinked.flatMap((id) => this.#register.get(id)?.topics ?? []);
    for (const status of topics.filter(isDeviceStatus)) {
      broker.publish(attributesOf(status), JSON.stringify({ reason: notSeen }), { retain: true });
      broker.publish(status, "offline", { retain: true });
    }
  }

  #sayStatus(status: "online" | "offline"): void {
    this.#options.broker.publish(this.#options.topics.bridgeStatus, status, { retain: true });
  }

  /** Only while somebody reads debug lines of this scope. */
  #checkDiscovery(topic: string, payload: string): void {
    this.#discoveryLogger.debug(() => {
      const problems = validateDiscovery(topic, payload);
      return problems.length === 0 ? `${topic} is valid` : `${topic} is not valid: ${problems.join("; ")}`;
    });
  }

  /** Several births in a row, while the answer to the first one waits, are one. */
  #handleBirth({ payload, isRetained }: BrokerMessage): void {
    const { clock, logger, random = Math.random, broker } = this.#options;
    // A stored one is old news: at a connect everything is published anyway.
    if (isRetained || payload.toString() !== "online" || this.#birth) return;
    logger.debug("Home Assistant has started");
    this.#birth = clock.after(random() * longestBirthDelayMs, () => {
      this.#birth = undefined;
      if (broker.isConnected) this.#replay(false);
    });
  }

  /** The will of a forgotten earlier connection may come long after we have said `online`. */
  #handleStatus({ payload, isRetained }: BrokerMessage): void {
    if (!isRetained && payload.toString() === "offline" && !this.#isClosed) this.#sayStatus("online");
  }

  #handleCommand({ topic, payload, isRetained }: BrokerMessage): void {
    const { topics } = this.#options;
    // What clears a retained command is none.
    if (payload.length === 0) return;
    if (isRetained) {
      this.#warnOnce(`the retained command on ${topic} is ignored; send commands without the retain flag`);
      return;
    }
    const target = topics.parseCommand(topic);
    const channel = [...this.#channels.values()].find(({ device }) => topics.device(device) === target?.device);
    if (target && channel?.command(target.key, payload.toString())) return;
    const owner = channel ? "control of this device" : "device";
    this.#warnOnce(`a command came on ${topic}, which belongs to no ${owner}`);
  }

  #warnOnce(text: string): void {
    if (this.#warnings.has(text) || this.#warnings.size >= rememberedWarnings) return;
    this.#warnings.add(text);
    this.#options.logger.warn(text);
  }
}

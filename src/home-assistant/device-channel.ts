// One device on MQTT: what it has said, so that it is said once, and can be said again after a reconnect or a birth message.
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../foundation/clock.ts";
import type { MessageBroker } from "../mqtt/message-broker.ts";
import type { AnnouncedRegister } from "./announced-devices.ts";
import type { CommandListener, DeviceLink } from "./device-link.ts";
import { buildDiscovery, type Origin } from "./discovery-payload.ts";
import type { DeviceDescription, EntityDescription } from "./entity-description.ts";
import { closingTimeMs } from "./retired-devices.ts";
import { askedToMigrate, oldTopics } from "./ring-mqtt-takeover.ts";
import type { Topics } from "./topics.ts";

export interface ChannelDeps {
  readonly topics: Topics;
  readonly origin: Origin;
  readonly broker: MessageBroker;
  readonly clock: Clock;
  readonly register: AnnouncedRegister;
  readonly onRemoved: (id: string) => void;
  /** Cameras that are announced for the first time are taken over from ring-mqtt. */
  readonly takesOver: boolean;
  /** Hears every discovery message that is sent. */
  readonly onAnnounced: (topic: string, payload: string) => void;
}

/** Two different discovery messages of a device in a burst confuse Home Assistant. */
const announceDelayMs = 1_000;
/** Home Assistant unloads entities in the background. */
const takeoverDelayMs = 500;

export class DeviceChannel implements DeviceLink, Disposable {
  #device: DeviceDescription;
  #entities: readonly EntityDescription[] | undefined;
  readonly #deps: ChannelDeps;
  /** By topic below the device; the device itself may move. */
  readonly #status = new Map<string, string>();
  readonly #values = new Map<string, string | Buffer>();
  readonly #listeners = new Map<string, Set<CommandListener>>();
  #announced: string | undefined;
  #announcing: Disposable | undefined;
  #takingOver: Disposable | undefined;
  #hasTakenOver = false;
  #cleaning: Disposable | undefined;
  #isOver = false;

  constructor(device: DeviceDescription, deps: ChannelDeps) {
    this.#device = device;
    this.#deps = deps;
  }

  get device(): DeviceDescription {
    return this.#device;
  }

  describe(device: DeviceDescription, entities: readonly EntityDescription[]): void {
    if (this.#isOver) return;
    // At every change of a state somebody describes the device again: mostly it is the same, and cheaper to compare than to build.
    if (isDeepStrictEqual([device, entities], [this.#device, this.#entities])) return;
    const keys = keysOf(entities);
    const gone = (this.#entities ?? []).filter(({ key }) => !keys.has(key));
    for (const { key } of gone)
      for (const topic of this.#values.keys()) if (topic.startsWith(`${key}/`)) this.#values.delete(topic);
    const { topics } = this.#deps;
    const hasMoved = topics.device(device) !== topics.device(this.#device);
    this.#device = device;
    this.#entities = entities;
    if (hasMoved) {
      this.replayStatus();
      this.replayValues(true);
    }
    if (this.#announced === undefined && this.#canAnnounceNow()) this.announce();
    else this.#announceSoon(announceDelayMs);
  }

  setAvailable(isAvailable: boolean, reason?: string): void {
    // The bridge is available exactly while it is connected.
    if (this.#device.category === "bridge") return;
    this.#keep(this.#status, "status/attributes", JSON.stringify({ reason: isAvailable ? null : (reason ?? null) }));
    this.#keep(this.#status, "status", isAvailable ? "online" : "offline");
  }

  publishState(key: string, payload: string, options?: { readonly force?: boolean }): void {
    this.#keep(this.#values, `${key}/state`, payload, options?.force);
  }

  publishAttributes(key: string, attributes: Readonly<Record<string, unknown>>): void {
    this.#keep(this.#values, `${key}/attributes`, JSON.stringify(attributes));
  }

  publishImage(key: string, image: Buffer): void {
    this.#keep(this.#values, `${key}/image`, image, true);
  }

  publishEvent(key: string, payload: string): void {
    if (!this.#isOver) this.#deps.broker.publish(this.#topic(`${key}/state`), payload, { untilHeard: true });
  }

  onCommand(key: string, listener: CommandListener): Disposable {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return { [Symbol.dispose]: () => listeners.delete(listener) };
  }

  remove(): void {
    if (this.#isOver) return;
    this[Symbol.dispose]();
    this.#status.clear();
    this.#values.clear();
    this.#deps.onRemoved(this.#device.id);
  }

  /** False where nobody listens to that key. */
  command(key: string, payload: string): boolean {
    const listeners = [...(this.#listeners.get(key) ?? [])];
    for (const listener of listeners) listener(payload);
    return listeners.length > 0;
  }

  /** Sends the discovery message unless it is what was sent last, or `force`. */
  announce(force = false): void {
    this.#announcing?.[Symbol.dispose]();
    this.#announcing = undefined;
    const { broker, topics, origin, register, onAnnounced } = this.#deps;
    if (this.#isOver || !this.#entities || !broker.isConnected || this.#isTakingOver(this.#entities)) return;
    const removed = this.#vanished(this.#entities);
    const slug = register.slug(this.#device);
    const input = { device: this.#device, entities: this.#entities, topics, origin, slug, removed };
    const payload = JSON.stringify(buildDiscovery(input));
    if (payload === this.#announced && !force) return;
    const topic = topics.discovery(this.#device.id);
    broker.publish(topic, payload, { retain: true });
    onAnnounced(topic, payload);
    this.#announced = payload;
    this.#remember(slug, this.#entities, removed);
  }

  replayStatus(): void {
    for (const [topic, payload] of this.#status) this.#send(topic, payload, 1);
  }

  /** Pictures are left out where the broker still has them: a picture that comes again looks like a new one. */
  replayValues(withPictures: boolean): void {
    for (const [topic, payload] of this.#values) {
      if (withPictures || typeof payload === "string") this.#send(topic, payload, 0);
    }
  }

  /** Nothing is sent afterwards; what the broker has stays there. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#announcing?.[Symbol.dispose]();
    this.#takingOver?.[Symbol.dispose]();
    this.#cleaning?.[Symbol.dispose]();
    this.#announcing = undefined;
    this.#cleaning = undefined;
  }

  /** True while the announcement has to wait for Home Assistant to let go of another program's entities. */
  #isTakingOver(entities: readonly EntityDescription[]): boolean {
    const { broker, topics, register, clock, takesOver } = this.#deps;
    const device = this.#device;
    if (this.#takingOver) return true;
    if (!takesOver || this.#hasTakenOver || device.category === "bridge" || register.get(device.id)) return false;
    for (const { topic, payload } of askedToMigrate(topics.discoveryPrefix, device, entities))
      broker.publish(topic, payload);
    this.#takingOver = clock.after(takeoverDelayMs, () => {
      this.#takingOver = undefined;
      this.#hasTakenOver = true;
      this.announce(true);
      for (const topic of oldTopics(topics.discoveryPrefix, device)) broker.publish(topic, "", { retain: true });
    });
    return true;
  }

  /** Home Assistant makes a nameless device of a parent that it does not know. */
  #canAnnounceNow(): boolean {
    const { via } = this.#device;
    return via === undefined || this.#deps.register.get(via) !== undefined;
  }

  #announceSoon(delayMs: number): void {
    this.#announcing ??= this.#deps.clock.after(delayMs, () => this.announce());
  }

  /** Components that Home Assistant still has and we no longer, or not on that platform. */
  #vanished(entities: readonly EntityDescription[]): Record<string, string> {
    const known = Object.entries(this.#deps.register.get(this.#device.id)?.components ?? {});
    const platforms = new Map(entities.map(({ key, platform }) => [key, platform]));
    return Object.fromEntries(known.filter(([key, platform]) => platforms.get(key) !== platform));
  }

  #remember(slug: string, entities: readonly EntityDescription[], removed: Readonly<Record<string, string>>): void {
    const { register, topics } = this.#deps;
    const { id, name } = this.#device;
    const before = register.get(id);
    const discoveryTopic = topics.discovery(id);
    const present = entities.filter(({ key }) => !Object.hasOwn(removed, key));
    const own = [...this.#status.keys(), ...this.#values.keys()].map((topic) => this.#topic(topic));
    const held = new Set([...(before ? [before.discoveryTopic, ...before.topics] : []), ...own]);
    held.delete(discoveryTopic);
    register.set({
      id,
      name,
      slug,
      discoveryTopic,
      components: Object.fromEntries(present.map(({ key, platform }) => [key, platform])),
      topics: [...held],
    });
    if (Object.keys(removed).length > 0 || this.#staleTopics().length > 0)
      this.#cleaning ??= this.#deps.clock.after(closingTimeMs, () => this.#clean());
  }

  /** Of entities that are gone, of another base topic or location, and discovery under another prefix. */
  #staleTopics(): string[] {
    const known = this.#deps.register.get(this.#device.id);
    // An entity that has come back meanwhile keeps what it has said; so does one whose end is not announced yet.
    const keys = [...keysOf(this.#entities ?? []), ...Object.keys(known?.components ?? {})];
    const places = [...keys.map((key) => this.#topic(`${key}/`)), this.#topic("status")];
    return (known?.topics ?? []).filter((topic) => !places.some((place) => topic.startsWith(place)));
  }

  /**
   * The second step after components or the whole device have moved: nothing of the old is left on the broker. Where that is
   * away, the topics stay on the list, and the next announcement sees to them.
   */
  #clean(): void {
    this.#cleaning = undefined;
    const { broker, register } = this.#deps;
    const known = register.get(this.#device.id);
    if (!broker.isConnected || !known) return;
    const stale = this.#staleTopics();
    for (const topic of stale) broker.publish(topic, "", { retain: true });
    register.set({ ...known, topics: known.topics.filter((topic) => !stale.includes(topic)) });
    this.announce();
  }

  #keep(store: Map<string, string | Buffer>, topic: string, payload: string | Buffer, force?: boolean): void;
  #keep(store: Map<string, string>, topic: string, payload: string): void;
  #keep<T extends string | Buffer>(store: Map<string, T>, topic: string, payload: T, force = false): void {
    if (this.#isOver || (store.get(topic) === payload && !force)) return;
    store.set(topic, payload);
    this.#send(topic, payload, Object.is(store, this.#status) ? 1 : 0);
  }

  /**
   * Without broker nothing is sent: all of it is replayed when it is back. For the same reason values need no confirmation
   * (QoS 0), which for many cameras is the difference between a moment and half a minute.
   */
  #send(topic: string, payload: string | Buffer, qos: 0 | 1): void {
    const full = this.#topic(topic);
    this.#deps.register.addTopic(this.#device.id, full);
    if (this.#deps.broker.isConnected) this.#deps.broker.publish(full, payload, { retain: true, qos });
  }

  #topic(below: string): string {
    return `${this.#deps.topics.device(this.#device)}/${below}`;
  }
}

/** Below which these entities have topics. */
function keysOf(entities: readonly EntityDescription[]): Set<string> {
  return new Set(entities.flatMap(({ key, readsFrom }) => (readsFrom === undefined ? [key] : [key, readsFrom])));
}

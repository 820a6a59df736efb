// What we have told Home Assistant, remembered over restarts: so that what vanishes meanwhile is taken back.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceDescription } from "./entity-description.ts";
import { isObject } from "./option-values.ts";
import { deviceSlug } from "./slug.ts";

export interface AnnouncedDevice {
  readonly id: string;
  readonly name: string;
  /** Part of its entity ids; stays though the name changes. */
  readonly slug: string;
  readonly discoveryTopic: string;
  /** Key to platform. */
  readonly components: Readonly<Record<string, string>>;
  /** Where the broker holds something of this device, `discoveryTopic` aside; also what is to be emptied there. */
  readonly topics: readonly string[];
}

/** Where the list is kept; the app supplies it. */
export interface AnnouncedStore {
  read(): readonly AnnouncedDevice[];
  write(devices: readonly AnnouncedDevice[]): void;
}

/** Reads what an AnnouncedStore has written; entries that make no sense are left out. */
export function parseAnnounced(raw: unknown): readonly AnnouncedDevice[] {
  return Array.isArray(raw) ? raw.filter(isAnnouncedDevice) : [];
}

function isAnnouncedDevice(value: unknown): value is AnnouncedDevice {
  if (!isObject(value)) return false;
  const { id, name, slug, discoveryTopic, components, topics } = value;
  const areTexts = (values: readonly unknown[]): boolean => values.every((entry) => typeof entry === "string");
  return (
    areTexts([id, name, slug, discoveryTopic]) &&
    isObject(components) &&
    areTexts(Object.values(components)) &&
    Array.isArray(topics) &&
    areTexts(topics)
  );
}

const saveDelayMs = 1_000;

/** The list in memory; saved a moment after it has changed. */
export class AnnouncedRegister {
  readonly #store: AnnouncedStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #devices: Map<string, AnnouncedDevice>;
  /** Also of devices that are not announced yet. */
  readonly #slugs = new Map<string, string>();
  #timer: Disposable | undefined;

  constructor(store: AnnouncedStore, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#devices = new Map(store.read().map((device) => [device.id, device]));
    for (const { id, slug } of this.#devices.values()) this.#slugs.set(id, slug);
  }

  get ids(): string[] {
    return [...this.#devices.keys()];
  }

  get(id: string): AnnouncedDevice | undefined {
    return this.#devices.get(id);
  }

  set(device: AnnouncedDevice): void {
    this.#devices.set(device.id, device);
    this.#saveSoon();
  }

  delete(id: string): void {
    this.#slugs.delete(id);
    if (this.#devices.delete(id)) this.#saveSoon();
  }

  addTopic(id: string, topic: string): void {
    const device = this.#devices.get(id);
    if (device && !device.topics.includes(topic)) this.set({ ...device, topics: [...device.topics, topic] });
  }

  /** First come, first served among equal names; the same for ever after, as Home Assistant does not rename entities either. */
  slug({ id, name }: Pick<DeviceDescription, "id" | "name">): string {
    const known = this.#slugs.get(id);
    if (known !== undefined) return known;
    const taken = new Set(this.#slugs.values());
    const slug = deviceSlug(name, id, (candidate) => taken.has(candidate));
    this.#slugs.set(id, slug);
    return slug;
  }

  /** Saves what is not saved yet. */
  flush(): void {
    if (!this.#timer) return;
    this.#timer[Symbol.dispose]();
    this.#timer = undefined;
    try {
      this.#store.write([...this.#devices.values()]);
    } catch (error) {
      this.#logger.warn(
        "the list of announced devices could not be saved; vanished ones may stay in Home Assistant",
        error,
      );
    }
  }

  #saveSoon(): void {
    this.#timer ??= this.#clock.after(saveDelayMs, () => this.flush());
  }
}

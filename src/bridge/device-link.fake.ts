// A DeviceLink that remembers what was asked of it.
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { DeviceDescription, EntityDescription } from "../home-assistant/entity-description.ts";

export class RecordingLink implements DeviceLink {
  device: DeviceDescription | undefined;
  entities: readonly EntityDescription[] = [];
  availability: { isAvailable: boolean; reason?: string | undefined } | undefined;
  readonly log: string[] = [];
  readonly states = new Map<string, string>();
  readonly attributes = new Map<string, Readonly<Record<string, unknown>>>();
  readonly images = new Map<string, Buffer>();
  readonly #commands = new Map<string, (payload: string) => void>();
  isRemoved = false;

  describe(device: DeviceDescription, entities: readonly EntityDescription[]): void {
    this.device = device;
    this.entities = entities;
  }

  setAvailable(isAvailable: boolean, reason?: string): void {
    if (isAvailable !== this.availability?.isAvailable) this.log.push(`available ${isAvailable}`);
    this.availability = { isAvailable, reason };
  }

  publishState(key: string, payload: string, options: { readonly force?: boolean } = {}): void {
    if (this.states.get(key) === payload && !options.force) return;
    this.states.set(key, payload);
    this.log.push(`${key} ${payload}`);
  }

  publishAttributes(key: string, attributes: Readonly<Record<string, unknown>>): void {
    this.attributes.set(key, attributes);
  }

  publishImage(key: string, image: Buffer): void {
    this.images.set(key, image);
    this.log.push(`${key} image`);
  }

  publishEvent(key: string, payload: string): void {
    this.log.push(`${key} event ${payload}`);
  }

  onCommand(key: string, listener: (payload: string) => void): Disposable {
    this.#commands.set(key, listener);
    return { [Symbol.dispose]: () => this.#commands.delete(key) };
  }

  /** Plays the owner. */
  command(key: string, payload: string): void {
    const listener = this.#commands.get(key);
    if (!listener) throw new Error(`nobody takes commands for ${key}`);
    listener(payload);
  }

  remove(): void {
    this.isRemoved = true;
  }
}

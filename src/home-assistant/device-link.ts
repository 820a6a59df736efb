// One device on MQTT, as the bridge room uses it: it says what changed, and hears commands. Topics, retention, discovery,
// replay after reconnects and birth messages are the business of this room.
import type { DeviceDescription, EntityDescription } from "./entity-description.ts";

export type CommandListener = (payload: string) => void;

export interface DeviceLink {
  /** Announces the device with exactly these entities (debounced; equal to the last announcement: nothing is sent). */
  describe(device: DeviceDescription, entities: readonly EntityDescription[]): void;
  /** Device availability, with the reason when it is not available. */
  setAvailable(isAvailable: boolean, reason?: string): void;
  /** Retained state; equal to the last one: nothing is sent, unless `force` (a command that failed puts the old state back). */
  publishState(key: string, payload: string, options?: { readonly force?: boolean }): void;
  /** Retained JSON attributes; equal to the last ones: nothing is sent. */
  publishAttributes(key: string, attributes: Readonly<Record<string, unknown>>): void;
  /** Retained image bytes. */
  publishImage(key: string, image: Buffer): void;
  /** An event: QoS 1, never retained, never replayed; for a minute it waits for the broker, and for somebody who listens. */
  publishEvent(key: string, payload: string): void;
  /** The listener gets commands for that entity; retained ones never reach it. */
  onCommand(key: string, listener: CommandListener): Disposable;
  /** The device is gone: its discovery and retained topics are removed from the broker. */
  remove(): void;
}

export interface DeviceDirectory {
  /** The link of a device; one per id. */
  link(device: DeviceDescription): DeviceLink;
  /** What was announced earlier and is not linked is gone: all of it, or those of these ids. */
  removeUnlinked(ids?: readonly string[]): void;
  /** Says everything again that is retained. */
  announceAll(): void;
}

// Takes devices back from Home Assistant that are gone: first the discovery, then, when their entities are closed, the rest.
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { MessageBroker } from "../mqtt/message-broker.ts";
import type { AnnouncedRegister } from "./announced-devices.ts";

/** Home Assistant closes entities in the background; an emptied state topic would earn a warning while they are open. */
export const closingTimeMs = 1_000;

export class RetiredDevices implements Disposable {
  readonly #register: AnnouncedRegister;
  readonly #broker: MessageBroker;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timers = new Map<string, Disposable | undefined>();

  constructor(register: AnnouncedRegister, broker: MessageBroker, clock: Clock, logger: Logger) {
    this.#register = register;
    this.#broker = broker;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** It stays on the list until all is removed, so that a restart in between finds it again. */
  retire(id: string): void {
    const device = this.#register.get(id);
    if (!device) {
      this.#register.delete(id);
      return;
    }
    if (this.#timers.get(id)) return;
    if (!this.#broker.isConnected) {
      this.#timers.set(id, undefined);
      return;
    }
    this.#logger.info(`removing ${device.name} from Home Assistant`);
    this.#broker.publish(device.discoveryTopic, "", { retain: true });
    this.#timers.set(
      id,
      this.#clock.after(closingTimeMs, () => this.#finish(id)),
    );
  }

  /** The device is back. */
  reprieve(id: string): void {
    this.#timers.get(id)?.[Symbol.dispose]();
    this.#timers.delete(id);
  }

  /** Does what had to wait for the broker. */
  resume(): void {
    for (const [id, timer] of [...this.#timers]) if (!timer) this.retire(id);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer?.[Symbol.dispose]();
    this.#timers.clear();
  }

  #finish(id: string): void {
    this.#timers.set(id, undefined);
    // Without broker everything is done again when it is back.
    if (!this.#broker.isConnected) return;
    for (const topic of this.#register.get(id)?.topics ?? []) this.#broker.publish(topic, "", { retain: true });
    this.#timers.delete(id);
    this.#register.delete(id);
  }
}

// Who listens to which topics, whether or not the broker is there.
import type { Logger } from "../foundation/logger.ts";
import type { BrokerMessage, SubscribeOptions } from "./message-broker.ts";
import { matchesTopic } from "./topic-match.ts";

type MessageListener = (message: BrokerMessage) => void;

export class SubscriptionTable {
  readonly #listeners = new Map<string, Set<MessageListener>>();
  readonly #options = new Map<string, SubscribeOptions>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get filters(): string[] {
    return [...this.#listeners.keys()];
  }

  options(filter: string): SubscribeOptions {
    return this.#options.get(filter) ?? {};
  }

  /** True where this filter has had no listener yet. */
  add(filter: string, listener: MessageListener, options: SubscribeOptions = {}): boolean {
    const known = this.#listeners.get(filter);
    known?.add(listener);
    if (known) return false;
    this.#listeners.set(filter, new Set([listener]));
    this.#options.set(filter, options);
    return true;
  }

  /** True where it was the last one of this filter. */
  remove(filter: string, listener: MessageListener): boolean {
    const known = this.#listeners.get(filter);
    if (!known?.delete(listener) || known.size > 0) return false;
    this.#options.delete(filter);
    return this.#listeners.delete(filter);
  }

  /** A listener that throws is logged and stops neither the others nor the connection. */
  dispatch(message: BrokerMessage): void {
    for (const [filter, listeners] of [...this.#listeners]) {
      if (!matchesTopic(filter, message.topic)) continue;
      for (const listener of [...listeners]) {
        try {
          listener(message);
        } catch (error) {
          this.#logger.error(`a message on ${message.topic} could not be handled`, error);
        }
      }
    }
  }
}

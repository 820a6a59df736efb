// A broker in memory for unit tests: remembers what was published, delivers what a test sends, comes and goes.
import { Emitter } from "../foundation/emitter.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import type { BrokerMessage, MessageBroker, PublishOptions } from "./message-broker.ts";
import { SubscriptionTable } from "./subscription-table.ts";

export interface PublishedMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

export class FakeBroker implements MessageBroker {
  isConnected = false;
  readonly connected = new Emitter<boolean>();
  readonly published: PublishedMessage[] = [];
  readonly #subscriptions = new SubscriptionTable(silentLogger);

  publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): void {
    this.published.push({ topic, payload: payload.toString(), retain: options.retain ?? false });
  }

  subscribe(filter: string, listener: (message: BrokerMessage) => void): Disposable {
    this.#subscriptions.add(filter, listener);
    return { [Symbol.dispose]: () => void this.#subscriptions.remove(filter, listener) };
  }

  come(): void {
    this.isConnected = true;
    this.connected.emit(true);
  }

  go(): void {
    this.isConnected = false;
    this.connected.emit(false);
  }

  deliver(topic: string, payload: string, isRetained = false): void {
    this.#subscriptions.dispatch({ topic, payload: Buffer.from(payload), isRetained });
  }

  /** What was published since the last call, as `topic=payload`. */
  take(): string[] {
    return this.published.splice(0).map(({ topic, payload }) => `${topic}=${payload}`);
  }
}

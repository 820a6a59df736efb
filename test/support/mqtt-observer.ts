// A client of the broker that belongs to nobody under test: keeps every message it sees, with the time, and waits for some.
import mqtt, { type MqttClient } from "mqtt";
import { monotonicUnixMs } from "./monotonic-unix-ms.ts";

export interface ObservedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly text: string;
  /** The broker had kept it: it was published before we subscribed. */
  readonly retain: boolean;
  /** Unix ms with fractions, on the time line of the simulator's journal. */
  readonly at: number;
}

export type MessageMatch = string | RegExp | ((message: ObservedMessage) => boolean);

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** Looks only at messages from this position on; see `position`. */
  readonly from?: number;
  /** The payload it must have. */
  readonly payload?: string | RegExp;
}

const testOf = (match: MessageMatch): ((message: ObservedMessage) => boolean) => {
  if (typeof match === "function") return match;
  if (typeof match === "string") return (message) => message.topic === match;
  return (message) => match.test(message.topic);
};

const hasPayload = (message: ObservedMessage, payload: string | RegExp | undefined): boolean =>
  payload === undefined || (typeof payload === "string" ? message.text === payload : payload.test(message.text));

export class MqttObserver implements AsyncDisposable {
  readonly messages: ObservedMessage[] = [];
  readonly #client: MqttClient;
  readonly #listeners = new Set<(message: ObservedMessage) => void>();

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload, { retain }) => this.#keep(topic, payload, retain));
    // It comes back by itself when the broker does.
    client.on("error", () => undefined);
  }

  /** Resolves when the subscription stands. */
  static async connect(url: string, topics: readonly string[] = ["#"]): Promise<MqttObserver> {
    const client = await mqtt.connectAsync(url, { clientId: `observer-${crypto.randomUUID()}`, reconnectPeriod: 200 });
    const observer = new MqttObserver(client);
    await client.subscribeAsync([...topics], { qos: 1 });
    return observer;
  }

  /** Where the next message will be in `messages`. */
  get position(): number {
    return this.messages.length;
  }

  /** The newest message of a topic. */
  latest(topic: string): ObservedMessage | undefined {
    return this.messages.findLast((message) => message.topic === topic);
  }

  /** The newest message of every topic that matches. */
  latestOf(match: MessageMatch): ObservedMessage[] {
    const newest = new Map(this.messages.filter(testOf(match)).map((message) => [message.topic, message]));
    return [...newest.values()];
  }

  /** The first message, old or new, that matches; rejects after `timeoutMs`, naming what it waited for and what it saw instead. */
  waitFor(what: string, match: MessageMatch, options: WaitOptions = {}): Promise<ObservedMessage> {
    const { timeoutMs = 10_000, from = 0, payload } = options;
    const matches = testOf(match);
    const isIt = (message: ObservedMessage): boolean => matches(message) && hasPayload(message, payload);
    const known = this.messages.slice(from).find(isIt);
    if (known) return Promise.resolve(known);
    const { promise, resolve, reject } = Promise.withResolvers<ObservedMessage>();
    const listener = (message: ObservedMessage): void => {
      if (isIt(message)) resolve(message);
    };
    const timer = setTimeout(() => {
      const others = this.messages.slice(from).filter(matches).slice(-5);
      const instead = others.map(({ text }) => text.slice(0, 60)).join(", ") || "nothing";
      reject(new Error(`no message for ${what} within ${timeoutMs} ms; on that topic came ${instead}`));
    }, timeoutMs);
    this.#listeners.add(listener);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    });
  }

  /** Hears every message from now on. */
  subscribe(listener: (message: ObservedMessage) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async publish(topic: string, payload: string, options: { retain?: boolean } = {}): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, retain: options.retain ?? false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }

  #keep(topic: string, payload: Buffer, retain: boolean): void {
    const message = { topic, payload, text: payload.toString(), retain, at: monotonicUnixMs() };
    this.messages.push(message);
    for (const listener of [...this.#listeners]) listener(message);
  }
}

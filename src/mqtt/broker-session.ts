// One connection to the broker, from CONNECT to its end: mqtt.js without its own reconnecting, queueing and resubscribing.
import { Socket } from "node:net";
import { connect, type IClientOptions, type IPublishPacket, type MqttClient, type Packet } from "mqtt";
import { onAbort } from "../foundation/abort.ts";
import { type AppError, PermanentError, TransientError } from "../foundation/errors.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { brokerFailure } from "./broker-failure.ts";
import type { BrokerMessage, OutgoingMessage, SubscribeOptions } from "./message-broker.ts";

export interface SessionOptions {
  readonly address: BrokerAddress;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: Pick<IClientOptions, "ca" | "cert" | "key" | "rejectUnauthorized">;
  readonly clientId: string;
  readonly will: { readonly topic: string; readonly payload: string };
  readonly protocolVersion: 4 | 5;
}

const connectTimeoutMs = 10_000;
const keepaliveSeconds = 30;
/** Brokers name their own limit (Mosquitto: 20), and drop a client that exceeds it. */
const longestFlight = 64;

interface Sending {
  readonly message: OutgoingMessage;
  readonly result: PromiseWithResolvers<Reception>;
}

/** `unheard`: the broker has told (MQTT 5) that nobody subscribes to the topic now. */
export type Reception = "taken" | "unheard";

const noMatchingSubscribers = 0x10;

export class BrokerSession {
  /** Resolves with the reason when the connection is gone; never rejects. */
  readonly ended: Promise<AppError>;
  readonly #client: MqttClient;
  readonly #options: SessionOptions;
  readonly #flightLimit: number;
  readonly #waiting: Sending[] = [];
  readonly #flying = new Set<Sending>();
  /** Numbers of messages of which the broker has just said that nobody hears them; the publish callback is not told. */
  readonly #unheard = new Set<number | undefined>();
  #onIdle: (() => void)[] = [];
  #hasEnded = false;

  private constructor(client: MqttClient, options: SessionOptions, ended: Promise<AppError>) {
    this.#client = client;
    this.#options = options;
    this.#flightLimit = Math.min(client.serverProperties?.receiveMaximum ?? longestFlight, longestFlight);
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "puback" && packet.reasonCode === noMatchingSubscribers) this.#unheard.add(packet.messageId);
    });
    this.ended = ended;
    void ended.then((failure) => this.#abandon(failure));
  }

  /** Resolves when the broker has accepted us; rejects with an AppError that says why not. */
  static async open(
    options: SessionOptions,
    onMessage: (message: BrokerMessage) => void,
    signal: AbortSignal,
  ): Promise<BrokerSession> {
    signal.throwIfAborted();
    const client = start(options);
    client.on("message", (topic, payload, packet: IPublishPacket) => {
      onMessage({ topic, payload, isRetained: packet.retain });
    });
    const ended = endOf(client, options);
    using _abort = onAbort(signal, () => client.stream.destroy());
    const failure = await Promise.race([
      new Promise<undefined>((resolve) => client.once("connect", () => resolve(undefined))),
      ended,
    ]);
    if (failure) throw failure;
    // A state follows its attributes at once: Nagle's algorithm would hold it back for up to 40 ms.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    return new BrokerSession(client, options, ended);
  }

  /** Where the broker is, for people. */
  get label(): string {
    return this.#options.address.label;
  }

  /** It says which message it does not take (QoS 1, MQTT 5). */
  get answersForWrites(): boolean {
    return this.#options.protocolVersion === 5;
  }

  /** Resolves when the broker has it; rejects with PermanentError `mqtt.not-allowed`, else TransientError. */
  send(message: OutgoingMessage): Promise<Reception> {
    const sending = { message, result: Promise.withResolvers<Reception>() };
    if (this.#hasEnded) sending.result.reject(notSent());
    else {
      this.#waiting.push(sending);
      this.#pump();
    }
    return sending.result.promise;
  }

  /** Rejects with PermanentError `mqtt.not-allowed` where the broker's access list refuses it. */
  async subscribe(filter: string, { retainAsPublished = false }: SubscribeOptions = {}): Promise<void> {
    const rap = retainAsPublished && this.#options.protocolVersion === 5;
    try {
      await this.#client.subscribeAsync(filter, { qos: 1, ...(rap ? { rap } : {}) });
    } catch (cause) {
      if (this.#hasEnded || !this.#client.connected) throw notSent(cause);
      throw new PermanentError(
        "mqtt.not-allowed",
        `${this.label} does not let us read ${filter}; allow it in the broker's access list`,
      );
    }
  }

  unsubscribe(filter: string): void {
    if (!this.#hasEnded) this.#client.unsubscribe(filter, () => undefined);
  }

  /** Resolves when everything sent so far is with the broker or lost. */
  idle(): Promise<void> {
    if (this.#flying.size + this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Says goodbye, so that the broker does not publish the will. */
  async close(): Promise<void> {
    this.#client.end();
    await this.ended;
  }

  /** Cuts the connection; the broker publishes the will. */
  destroy(): void {
    this.#client.stream.destroy();
  }

  #pump(): void {
    while (this.#flying.size < this.#flightLimit) {
      const sending = this.#waiting.shift();
      if (!sending) return;
      this.#flying.add(sending);
      const { topic, payload, retain = false, qos = 1 } = sending.message;
      const tooLarge = this.#sizeProblem(topic, payload);
      if (tooLarge) this.#settle(sending, tooLarge);
      else
        this.#client.publish(topic, payload, { retain, qos }, (error, packet) =>
          this.#settle(sending, error ?? undefined, packet),
        );
    }
  }

  #sizeProblem(topic: string, payload: string | Buffer): Error | undefined {
    const limit = this.#client.serverProperties?.maximumPacketSize;
    const bytes = Buffer.byteLength(payload) + Buffer.byteLength(topic) + 16;
    if (limit === undefined || bytes <= limit) return undefined;
    // Without the size, which each picture has its own: the same sentence is said once.
    return new PermanentError(
      "mqtt.too-large",
      `${topic} was not sent: it needs more than the ${limit} bytes that the broker allows; raise max_packet_size there`,
    );
  }

  #settle(sending: Sending, error: Error | undefined, packet?: Packet): void {
    if (!this.#flying.delete(sending)) return;
    const isUnheard = this.#unheard.delete(packet?.messageId);
    if (!error) sending.result.resolve(isUnheard ? "unheard" : "taken");
    else sending.result.reject(error instanceof PermanentError ? error : this.#publishFailure(sending, error));
    this.#pump();
    if (this.#flying.size + this.#waiting.length === 0) this.#reportIdle();
  }

  #publishFailure(sending: Sending, error: Error): AppError {
    if (!("code" in error) || typeof error.code !== "number") return notSent(error);
    return new PermanentError(
      "mqtt.not-allowed",
      `${this.label} does not let us write ${sending.message.topic}; allow it in the broker's access list`,
      { cause: error },
    );
  }

  #abandon(failure: AppError): void {
    this.#hasEnded = true;
    const lost = [...this.#flying, ...this.#waiting.splice(0)];
    this.#flying.clear();
    for (const sending of lost) sending.result.reject(notSent(failure));
    this.#reportIdle();
  }

  #reportIdle(): void {
    const listeners = this.#onIdle;
    this.#onIdle = [];
    for (const listener of listeners) listener();
  }
}

function notSent(cause?: unknown): TransientError {
  return new TransientError("mqtt.offline", "the broker is away", { cause });
}

function start(options: SessionOptions): MqttClient {
  try {
    return connect(clientOptions(options));
  } catch (cause) {
    // What can go wrong before any network is used: certificate or key that OpenSSL cannot read.
    throw new PermanentError("mqtt.certificate", "the given MQTT certificate or key cannot be read", { cause });
  }
}

function clientOptions(options: SessionOptions): IClientOptions {
  const { address, will, tls, username, password } = options;
  return {
    protocol: address.protocol,
    host: address.host,
    port: address.port,
    ...(address.path === undefined ? {} : { path: address.path }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
    clientId: options.clientId,
    protocolVersion: options.protocolVersion,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
}

/** The first error tells why; the broker's own goodbye (MQTT 5) tells it better. */
function endOf(client: MqttClient, options: SessionOptions): Promise<AppError> {
  let why: unknown;
  client.on("error", (error) => {
    why ??= error;
  });
  client.on("disconnect", (packet) => {
    if (packet.reasonCode) why = Object.assign(new Error("the broker said goodbye"), { code: packet.reasonCode });
  });
  return new Promise((resolve) => {
    client.once("close", () => resolve(brokerFailure(options.address.label, options.username, why)));
  });
}

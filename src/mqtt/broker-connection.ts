// The connection to the broker that never gives up: connects in the background, comes back after every loss, keeps what matters.
import { composeSignals, StopError } from "../foundation/abort.ts";
import { type Clock, delay } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { AppError, BugError, codedText, errorCode, PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, backoffMs } from "../foundation/retry.ts";
import { AccessCheck, type EchoTopic } from "./access-check.ts";
import { type BrokerAddress, checkCertificates, parseBrokerAddress } from "./broker-address.ts";
import { droppedAgainAndAgain } from "./broker-failure.ts";
import { BrokerSession, type SessionOptions } from "./broker-session.ts";
import type {
  BrokerMessage,
  MessageBroker,
  OutgoingMessage,
  PublishOptions,
  SubscribeOptions,
} from "./message-broker.ts";
import { OutageReport } from "./outage-report.ts";
import { SubscriptionTable } from "./subscription-table.ts";
import { filterProblem, topicProblem } from "./topic-match.ts";
import { type NumberedMessage, newsMs, UnsentMessages } from "./unsent-messages.ts";

/** Where a broker is, and as whom it knows us. */
export interface BrokerLocation {
  /** mqtt://, mqtts://, ws:// or wss://, with or without user and password (percent-encoded or not). */
  readonly url: string;
  /** These win over those in the URL. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface BrokerOptions extends BrokerLocation {
  /** Asked before each attempt to connect, with a deadline of its own; its answer replaces `url`, user and password. */
  readonly locate?: ((signal: AbortSignal) => Promise<BrokerLocation>) | undefined;
  /** PEM texts; only with mqtts:// and wss://. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  /** The same at every start, so that the broker ends a forgotten earlier connection of ours. */
  readonly clientId: string;
  /** Published by the broker, retained, when we vanish. */
  readonly will: { readonly topic: string; readonly payload: string };
  /** 5 = MQTT 5, 4 = MQTT 3.1.1; not given: 5, or 4 where the broker does not speak 5. */
  readonly protocolVersion?: 4 | 5 | undefined;
  /** Where we listen for ourselves after each connect, to notice an access list that says nothing. */
  readonly echoTopics?: readonly EchoTopic[] | undefined;
}

export interface BrokerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Its abort cuts the connection, so that the broker publishes the will; `close` is the polite way. */
  readonly signal: AbortSignal;
}

export interface CloseOptions {
  /** Published last, before the clean disconnect. */
  readonly farewell?: readonly OutgoingMessage[];
  readonly budgetMs?: number;
}

interface SessionEnd {
  readonly failure: unknown;
  readonly wasConnected: boolean;
  readonly lastedMs: number;
}

const usualBackoff: Backoff = { firstMs: 500, longestMs: 30_000, jitter: 0.3 };
/** What only a person can cure is tried again at this pace. */
const refusedWaitMs = 60_000;
const stableAfterMs = 10_000;
const fewShortSessions = 3;
const shortestRepeatMs = 1_000;

export class BrokerConnection implements MessageBroker, AsyncDisposable {
  readonly connected: Subscribable<boolean>;
  /** `trouble` may be another one now. */
  readonly troubleChanged: Subscribable<void>;
  readonly #changed: Emitter<boolean>;
  readonly #troubleChanged: Emitter<void>;
  readonly #options: BrokerOptions;
  #location: BrokerLocation;
  #address: BrokerAddress;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #controller = new AbortController();
  readonly #subscriptions: SubscriptionTable;
  readonly #outage: OutageReport;
  readonly #unsent: UnsentMessages;
  readonly #refused = new Set<string>();
  readonly #access: AccessCheck;
  /** What the broker has refused in this session, the first of it. */
  #refusal: string | undefined;
  #session: BrokerSession | undefined;
  #version: 4 | 5;
  #published = 0;
  #loop: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(options: BrokerOptions, address: BrokerAddress, deps: BrokerDeps) {
    this.#options = options;
    this.#location = options;
    this.#address = address;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#version = options.protocolVersion ?? 5;
    this.#subscriptions = new SubscriptionTable(deps.logger);
    this.#unsent = new UnsentMessages(deps.clock);
    this.#access = new AccessCheck(options.echoTopics ?? [], deps.clock, (error) => this.#refuse(error));
    this.#outage = new OutageReport(() => this.#address.label, deps.logger);
    this.#changed = new Emitter((error) => this.#logger.error("a listener to the broker connection failed", error));
    this.connected = this.#changed;
    this.#troubleChanged = new Emitter((error) =>
      this.#logger.error("a listener to the broker's trouble failed", error),
    );
    this.troubleChanged = this.#troubleChanged;
  }

  /** Returns at once and connects in the background. Throws PermanentError `mqtt.address` where the settings are wrong. */
  static open(options: BrokerOptions, deps: BrokerDeps): BrokerConnection {
    const address = parseBrokerAddress(options.url);
    if (!options.locate) checkCertificates(address, hasCertificates(options));
    const connection = new BrokerConnection(options, address, deps);
    connection.#loop = connection.#run(composeSignals(connection.#controller.signal, deps.signal));
    return connection;
  }

  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Host and port, for people. */
  get address(): string {
    return this.#address.label;
  }

  /** Why there is no connection, or what the broker refuses, in words for the owner; undefined before the first attempt is over. */
  get trouble(): string | undefined {
    return this.#outage.trouble ?? this.#refusal;
  }

  publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): void {
    const problem = topicProblem(topic);
    if (problem) throw new BugError(`cannot publish to ${JSON.stringify(topic)}: ${problem}`);
    const message = { topic, payload, ...options, number: this.#published++, publishedAt: this.#clock.monotonic() };
    if (message.retain) this.#unsent.forgetValue(topic);
    if (this.#session) this.#send(this.#session, message);
    else this.#unsent.keep(message);
  }

  subscribe(filter: string, listener: (message: BrokerMessage) => void, options?: SubscribeOptions): Disposable {
    const problem = filterProblem(filter);
    if (problem) throw new BugError(`cannot subscribe to ${JSON.stringify(filter)}: ${problem}`);
    // A function of its own per call, so that one listener may be given twice.
    const own = (message: BrokerMessage): void => listener(message);
    if (this.#subscriptions.add(filter, own, options) && this.#session) void this.#request(this.#session, filter);
    return {
      [Symbol.dispose]: () => {
        if (this.#subscriptions.remove(filter, own)) this.#session?.unsubscribe(filter);
      },
    };
  }

  /** Publishes the farewell, waits (bounded) until all is with the broker, disconnects cleanly. Twice is harmless. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close({ farewell = [], budgetMs = 2_000 }: CloseOptions): Promise<void> {
    for (const { topic, payload, ...options } of farewell) this.publish(topic, payload, options);
    const session = this.#session;
    if (session) {
      const late = new AbortController();
      const timer = delay(this.#clock, budgetMs, late.signal).catch(() => undefined);
      await Promise.race([session.idle().then(() => session.close()), timer]);
      late.abort();
    }
    this.#controller.abort(new StopError("closed"));
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0, shortSessions = 0; !signal.aborted; ) {
      const end = await this.#connectOnce(signal);
      if (signal.aborted || this.#closing) return;
      if (!end.wasConnected && this.#adaptVersion(end.failure)) continue;
      const wasStable = end.lastedMs > stableAfterMs;
      failures = wasStable ? 1 : failures + 1;
      shortSessions = end.wasConnected && !wasStable ? shortSessions + 1 : 0;
      const failure =
        shortSessions < fewShortSessions ? end.failure : droppedAgainAndAgain(this.#address.label, end.failure);
      this.#outage.failed(failure);
      this.#troubleChanged.emit();
      const waitMs = failure instanceof PermanentError ? refusedWaitMs : backoffMs(usualBackoff, failures);
      await delay(this.#clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** One connection from start to end; says why it ended or never came to be. */
  async #connectOnce(signal: AbortSignal): Promise<SessionEnd> {
    let session: BrokerSession;
    try {
      await this.#locate(signal);
      session = await BrokerSession.open(
        this.#sessionOptions(),
        (message) => this.#access.hears(message) || this.#subscriptions.dispatch(message),
        signal,
      );
    } catch (failure) {
      return { failure, wasConnected: false, lastedMs: 0 };
    }
    const startedAt = this.#clock.monotonic();
    const cut = (): void => session.destroy();
    signal.addEventListener("abort", cut, { once: true });
    this.#begin(session);
    const failure = await session.ended;
    signal.removeEventListener("abort", cut);
    this.#session = undefined;
    this.#access.stop();
    this.#changed.emit(false);
    return { failure, wasConnected: true, lastedMs: this.#clock.monotonic() - startedAt };
  }

  async #locate(signal: AbortSignal): Promise<void> {
    const location = await this.#options.locate?.(signal);
    if (!location) return;
    const address = parseBrokerAddress(location.url);
    checkCertificates(address, hasCertificates(this.#options));
    this.#address = address;
    this.#location = location;
  }

  #begin(session: BrokerSession): void {
    this.#session = session;
    this.#outage.over(this.#unsent.dropOld());
    this.#refusal = undefined;
    const requests = this.#subscriptions.filters.map((filter) => this.#request(session, filter));
    // What was refused in words needs no second word.
    void Promise.all(requests).then((granted) => granted.every(Boolean) && this.#access.start(session));
    this.#changed.emit(true);
    for (const message of this.#unsent.take()) this.#send(session, message);
  }

  /** MQTT 3.1.1 where the broker does not know 5; true: try again at once. */
  #adaptVersion(failure: unknown): boolean {
    if (this.#options.protocolVersion !== undefined) return false;
    const isRefused = errorCode(failure) === "mqtt.version" && this.#version === 5;
    // Old brokers just hang up on a version that they do not know; others had a reason of their own.
    if (isRefused) this.#version = 4;
    else if (errorCode(failure) === "mqtt.closed") this.#version = this.#version === 5 ? 4 : 5;
    return isRefused;
  }

  #send(session: BrokerSession, message: NumberedMessage): void {
    session.send(message).then(
      (reception) => {
        if (reception === "unheard" && message.untilHeard) this.#repeatLater(message);
      },
      (error: AppError) => {
        if (error.code === "mqtt.offline") this.#unsent.keep(message);
        else this.#refuse(error);
      },
    );
  }

  /** After its restart the broker has us again before the others: Home Assistant needs up to ten seconds. */
  #repeatLater(message: NumberedMessage): void {
    const { publishedAt } = message;
    const ageMs = this.#clock.monotonic() - publishedAt;
    const waitMs = Math.max(ageMs, shortestRepeatMs);
    if (ageMs + waitMs > newsMs) return;
    delay(this.#clock, waitMs, this.#controller.signal).then(
      () => (this.#session ? this.#send(this.#session, message) : this.#unsent.keep(message)),
      () => undefined,
    );
  }

  /** Resolves with whether the broker has agreed. */
  async #request(session: BrokerSession, filter: string): Promise<boolean> {
    try {
      await session.subscribe(filter, this.#subscriptions.options(filter));
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code !== "mqtt.offline") this.#refuse(error);
      return false;
    }
  }

  /** Logged once per topic, not at every state change. */
  #refuse(error: AppError): void {
    if (this.#refusal === undefined) {
      this.#refusal = error.message;
      this.#troubleChanged.emit();
    }
    if (this.#refused.has(error.message)) return;
    this.#refused.add(error.message);
    this.#logger.warn(codedText(error));
  }

  #sessionOptions(): SessionOptions {
    const { ca, cert, key, rejectUnauthorized } = this.#options;
    return {
      address: this.#address,
      username: this.#location.username ?? this.#address.username,
      password: this.#location.password ?? this.#address.password,
      tls: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      },
      clientId: this.#options.clientId,
      will: this.#options.will,
      protocolVersion: this.#version,
    };
  }
}

const hasCertificates = ({ ca, cert, key }: BrokerOptions): boolean => Boolean(ca || cert || key);

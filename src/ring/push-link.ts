// Keeps us reachable for push messages: receiver connected, its token told to Ring, again whenever either is lost.

import { clientApi } from "ring-client-api/rest-client";
import { firstValueFrom, skip } from "rxjs";
import { abortable } from "../foundation/abort.ts";
import { type Clock, delay } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { errorText, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, backoffMs } from "../foundation/retry.ts";
import { Spaced } from "../foundation/spaced.ts";
import { PushReceiver, pushToken } from "./push-receiver.ts";
import { type PushDoubts, type PushRenewal, PushSilence } from "./push-silence.ts";
import type { RingClient } from "./ring-client.ts";
import { type CameraPush, pushCategory, readCameraPush } from "./wire/push-message.ts";
import { asList } from "./wire/record.ts";

export interface PushStatus {
  /** Connected to Google's push server, Ring has taken our address there, and its history shows no event that it did not send. */
  readonly isHealthy: boolean;
  readonly isConnected: boolean;
  readonly isRegistered: boolean;
  /** Unix ms of the newest message of any kind; undefined: none since the start. */
  readonly lastPushAt: number | undefined;
  /** Why it is not healthy. */
  readonly reason: string | undefined;
}

/** Ids of the messages that we have had: Google sends again what it is not told of, also to another run of ours. */
export interface PushMemory {
  /** As JSON gave it back. */
  load(): unknown;
  save(ids: readonly string[]): void;
}

export const noPushMemory: PushMemory = { load: () => undefined, save: () => undefined };

export interface PushLinkOptions {
  readonly onPush: (push: CameraPush) => void;
  readonly memory: PushMemory;
  readonly doubts: PushDoubts;
  readonly connectTimeoutMs: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Google keeps a hundred. */
const rememberedMessages = 200;

export class PushLink implements Disposable {
  readonly #options: PushLinkOptions;
  readonly #changed: Emitter<PushStatus>;
  /** Of the connection alone. */
  #link: Omit<PushStatus, "isHealthy"> = {
    isConnected: false,
    isRegistered: false,
    lastPushAt: undefined,
    reason: "not connected yet",
  };
  #status: PushStatus = { ...this.#link, isHealthy: false };
  readonly #saving: Spaced;
  readonly #silence: PushSilence;
  #renewal = Promise.withResolvers<PushRenewal>();
  #isNewAddressWanted = false;
  #seen: readonly string[];

  constructor(options: PushLinkOptions) {
    const { clock, memory, doubts } = options;
    this.#options = options;
    this.#silence = new PushSilence(doubts, clock);
    this.#seen = asList(memory.load()).filter((id) => typeof id === "string");
    // A press or two are on the disk at once; a storm is not worth a write for each.
    this.#saving = new Spaced({ work: () => memory.save(this.#seen), times: 5, everyMs: 10_000, clock });
    this.#changed = new Emitter((error) => options.logger.error("a listener of the push status failed", error));
  }

  get status(): PushStatus {
    return this.#status;
  }

  get statusChanged(): Subscribable<PushStatus> {
    return this.#changed;
  }

  /** Ring's history shows an event of which no message has come. */
  missed(happenedAt: number, cameraName: string): void {
    const renewal = this.#silence.missed(happenedAt, cameraName);
    this.#set({});
    if (renewal) this.#renewal.resolve(renewal);
  }

  /** Ends with the signal's reason. */
  async run(client: RingClient, signal: AbortSignal): Promise<never> {
    const { clock, logger, backoff } = this.#options;
    try {
      for (let failures = 0; ; ) {
        const startedAt = clock.monotonic();
        try {
          await this.#connection(client, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures = clock.monotonic() - startedAt > 60_000 ? 1 : failures + 1;
          const waitMs = backoffMs(backoff, failures);
          this.#set({ isConnected: false, isRegistered: false, reason: errorText(error) });
          logger.debug(`push connection over, next in ${Math.round(waitMs)} ms`, error);
          await delay(clock, waitMs, signal);
        }
      }
    } finally {
      this.#set({ isConnected: false, isRegistered: false, reason: "signed out" });
    }
  }

  /** One connection, from registration to its loss; always ends by an error. */
  async #connection(client: RingClient, signal: AbortSignal): Promise<never> {
    const { clock, connectTimeoutMs } = this.#options;
    const { rest } = client;
    const stored: unknown = this.#isNewAddressWanted ? undefined : rest._internalOnly_pushNotificationCredentials;
    let credentials = stored;
    using receiver = new PushReceiver(stored, this.#seen, {
      onCredentials: (fresh) => {
        credentials = fresh;
        this.#isNewAddressWanted = false;
        // Goes into the wrapped token, so that a restart needs no new registration.
        rest._internalOnly_pushNotificationCredentials = fresh as typeof rest._internalOnly_pushNotificationCredentials;
      },
      onMessage: (data, id) => this.#receive(data, id),
    });
    const connect = (limit: AbortSignal): Promise<void> => receiver.connect(limit);
    await withDeadline("the connection to Google's push server", connectTimeoutMs, clock, connect, signal);
    this.#set({ isConnected: true, reason: "Ring does not know our push address yet" });
    for (;;) {
      // Subscribed before the request: a session that is made meanwhile forgets the address.
      const newSession = firstValueFrom(rest.onSession.pipe(skip(this.#hasSession(client) ? 1 : 0)));
      newSession.catch(() => undefined);
      await this.#register(client, pushToken(credentials), signal);
      const lost = receiver.closed.then(() => "lost" as const);
      this.#renewal = Promise.withResolvers();
      const next = await abortable(Promise.race([lost, newSession, this.#renewal.promise]), signal);
      if (next === "lost") throw new TransientError("ring.push-lost", "Google's push server closed the connection");
      if (next === "connection" || next === "address") this.#startAnew(next);
    }
  }

  #startAnew(renewal: PushRenewal): never {
    this.#isNewAddressWanted = renewal === "address";
    const text = this.#silence.reason ?? "Ring sends no messages";
    this.#options.logger.warn(`${text} Renewing the ${renewal === "address" ? "push address" : "push connection"}`);
    throw new TransientError("ring.push-silent", text);
  }

  /** `onSession` replays its newest value to each new subscriber. */
  #hasSession(client: RingClient): boolean {
    let hasOne = false;
    client.rest.onSession.subscribe(() => (hasOne = true)).unsubscribe();
    return hasOne;
  }

  async #register(client: RingClient, token: string | undefined, signal: AbortSignal): Promise<void> {
    if (!token) throw new TransientError("ring.push-failed", "Google gave no push address");
    const metadata = { ...client.rest.baseSessionMetadata, pn_dict_version: "2.0.0", pn_service: "fcm" };
    const json = { device: { metadata, os: "android", push_notification_token: token } };
    await client.request("take our push address", { url: clientApi("device"), method: "PATCH", json }, { signal });
    this.#set({ isRegistered: true, reason: undefined });
  }

  /** However old it is: what was held back on the way is told with its own time. */
  #receive(data: unknown, id: string | undefined): void {
    const { clock, logger, onPush } = this.#options;
    const receivedAt = clock.now();
    const push = readCameraPush(data, receivedAt);
    if (push) onPush(push);
    else logger.debug(() => `a push message ${pushCategory(data)}`);
    this.#silence.heard();
    this.#set({ lastPushAt: receivedAt });
    if (id === undefined) return;
    this.#seen = [...this.#seen, id].slice(-rememberedMessages);
    this.#saving.request();
  }

  [Symbol.dispose](): void {
    this.#saving[Symbol.dispose]();
  }

  #set(change: Partial<Omit<PushStatus, "isHealthy">>): void {
    const { lastPushAt, isConnected, isRegistered, reason } = { ...this.#link, ...change };
    this.#link = { lastPushAt, isConnected, isRegistered, reason };
    this.#silence.connectionIs(isConnected && isRegistered);
    const doubt = this.#silence.reason;
    const isHealthy = isConnected && isRegistered && doubt === undefined;
    this.#status = { ...this.#link, isHealthy, reason: reason ?? doubt };
    this.#changed.emit(this.#status);
  }
}

// The push receiver that ring-client-api brings along, one connection at a time. We run it ourselves because the library keeps
// it to itself: it could neither be ended nor be given new cameras.
import { createRequire } from "node:module";
import { abortable } from "../foundation/abort.ts";
import { BugError, TransientError } from "../foundation/errors.ts";
import { asRecord, recordOf, textOf } from "./wire/record.ts";

interface ReceiverEvents {
  readonly onCredentials: (credentials: unknown) => void;
  /** `id` is that of the message at Google, for `seen` of the next connection. */
  readonly onMessage: (data: unknown, id: string | undefined) => void;
}

/** The part of the foreign class that we use. */
interface ForeignReceiver {
  readonly whenReady: Promise<unknown>;
  connect: () => Promise<void>;
  destroy(): void;
  on(event: string, listener: (value: unknown) => void): () => void;
}

type ForeignReceiverClass = new (config: object) => ForeignReceiver;

/** Ring's Android app at Google: public, the same for everybody. */
const firebase = {
  apiKey: "AIzaSyCv-hdFBmmdBBJadNy-TFwB-xN_H5m3Bk8",
  projectId: "ring-17770",
  messagingSenderId: "876313859327",
  appId: "1:876313859327:android:e10ec6ddb3c81f39",
};

/** A connection to Google's push server. It does not reconnect by itself. */
export class PushReceiver implements Disposable {
  readonly #closed = Promise.withResolvers<void>();
  readonly #foreign: ForeignReceiver;
  readonly #connectOnce: () => Promise<void>;
  #isDisposed = false;

  /** `seen` are ids of messages that need not be sent again. */
  constructor(credentials: unknown, seen: readonly string[], events: ReceiverEvents) {
    const Foreign = receiverClass();
    const known = isUsable(credentials) ? { credentials } : {};
    this.#foreign = new Foreign({ firebase, ...known, persistentIds: [...seen], debug: false });
    this.#connectOnce = this.#foreign.connect;
    // What it does when it thinks that the connection is lost, whoever noticed: reconnecting is our business.
    this.#foreign.connect = async () => this.#lost();
    this.#foreign.on("ON_DISCONNECT", () => this.#lost());
    this.#foreign.on("ON_CREDENTIALS_CHANGE", (change) => {
      if (!this.#isDisposed) events.onCredentials(asRecord(change)?.["newCredentials"]);
    });
    this.#foreign.on("ON_MESSAGE_RECEIVED", (envelope) => {
      if (this.#isDisposed) return;
      const fields = asRecord(envelope);
      events.onMessage(recordOf(fields, "message")?.["data"], textOf(fields, "persistentId"));
    });
    // A registration that we gave up goes on by itself, and connects in the end; its timers are set right after this.
    this.#foreign.on("ON_CONNECT", () => {
      if (this.#isDisposed) queueMicrotask(() => this.#destroy());
    });
    this.#expectDestruction();
  }

  /** Resolves when the connection is lost. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Registers where needed, connects, logs in. */
  async connect(signal: AbortSignal): Promise<void> {
    const lost = this.closed.then(() => {
      throw new TransientError("ring.push-lost", "the connection to Google's push server broke while it was made");
    });
    lost.catch(() => undefined);
    const connected = this.#connectOnce().catch((cause: unknown) => {
      throw new TransientError("ring.push-failed", "Google's push server cannot be used", { cause });
    });
    connected.catch(() => undefined);
    await abortable(Promise.race([connected, lost]), signal);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#destroy();
  }

  #lost(): void {
    this.#expectDestruction();
    this.#closed.resolve();
    // Its own reconnection is set up right after this.
    queueMicrotask(() => this[Symbol.dispose]());
  }

  #destroy(): void {
    this.#expectDestruction();
    this.#foreign.destroy();
    this.#expectDestruction();
  }

  /** It rejects this promise at each end; unheard, that would end the process. */
  #expectDestruction(): void {
    this.#foreign.whenReady.catch(() => undefined);
  }
}

/** The FCM token in push credentials. */
export function pushToken(credentials: unknown): string | undefined {
  return textOf(recordOf(asRecord(credentials), "fcm"), "token");
}

function isUsable(credentials: unknown): boolean {
  return recordOf(asRecord(credentials), "config") !== undefined && pushToken(credentials) !== undefined;
}

function receiverClass(): ForeignReceiverClass {
  const require = createRequire(import.meta.resolve("ring-client-api"));
  const found = asRecord(require("@eneris/push-receiver"))?.["PushReceiver"];
  if (typeof found !== "function") throw new BugError("ring-client-api has no push receiver any more");
  // The edge: a foreign class, used through the narrow interface above.
  return found as ForeignReceiverClass;
}

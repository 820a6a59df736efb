// Keeps what each receiver has not acknowledged yet. FCM repeats it at every login, and so do we.
import type { EncryptedNotification } from "./encrypt-notification.ts";

export const maximumMessages = 100;
export const messageLifetimeMs = 86_400_000;

export interface StoredMessage {
  readonly notification: EncryptedNotification;
  /** The end of the FCM token it was sent to, enough to tell receivers apart. */
  readonly tokenTail: string;
  readonly storedAt: number;
  /** How often it was written to a connection. */
  sendings: number;
}

export class MessageStore {
  readonly #messages = new Map<string, StoredMessage[]>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** Keeps the newest 100 of a receiver. */
  add(androidId: string, notification: EncryptedNotification, tokenTail: string): StoredMessage {
    const message: StoredMessage = { notification, tokenTail, storedAt: this.#nowMs(), sendings: 0 };
    this.#messages.set(androidId, [...this.waiting(androidId), message].slice(-maximumMessages));
    return message;
  }

  /** Not acknowledged and not older than a day, oldest first. */
  waiting(androidId: string): readonly StoredMessage[] {
    const oldest = this.#nowMs() - messageLifetimeMs;
    return (this.#messages.get(androidId) ?? []).filter((message) => message.storedAt >= oldest);
  }

  /** Forgets the messages with these ids and returns those that there were. */
  acknowledge(androidId: string, persistentIds: readonly string[]): readonly StoredMessage[] {
    const acknowledged = new Set(persistentIds);
    const isAcknowledged = ({ notification }: StoredMessage) => acknowledged.has(notification.persistentId);
    const messages = this.waiting(androidId);
    const rest = messages.filter((message) => !isAcknowledged(message));
    if (rest.length === 0) this.#messages.delete(androidId);
    else this.#messages.set(androidId, rest.slice());
    return messages.filter(isAcknowledged);
  }
}

// What the broker does not have yet while it is away: values, the last of each topic, and news that are still worth telling.
import type { Clock } from "../foundation/clock.ts";
import type { OutgoingMessage } from "./message-broker.ts";

export interface NumberedMessage extends OutgoingMessage {
  /** In the order of publishing. */
  readonly number: number;
  /** Monotonic ms. */
  readonly publishedAt: number;
}

/** What is not retained is news for so long; what nobody has heard by then is of no use. */
export const newsMs = 60_000;
const mostNews = 200;

export class UnsentMessages {
  readonly #clock: Clock;
  readonly #values = new Map<string, NumberedMessage>();
  #news: NumberedMessage[] = [];
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(message: NumberedMessage): void {
    if (message.retain) {
      const known = this.#values.get(message.topic);
      if (!known || known.number < message.number) this.#values.set(message.topic, message);
      return;
    }
    this.#news.push(message);
    if (this.#news.length <= mostNews) return;
    this.#news.shift();
    this.#dropped++;
  }

  /** A newer value of this topic is on its way. */
  forgetValue(topic: string): void {
    this.#values.delete(topic);
  }

  /** Gives up news that have become too old; returns how many were given up since the last time. */
  dropOld(): number {
    const oldest = this.#clock.monotonic() - newsMs;
    const news = this.#news.filter(({ publishedAt }) => publishedAt >= oldest);
    const dropped = this.#dropped + this.#news.length - news.length;
    this.#news = news;
    this.#dropped = 0;
    return dropped;
  }

  /** All of them, in order; none is left here. */
  take(): readonly NumberedMessage[] {
    const messages = [...this.#values.values(), ...this.#news].sort((one, other) => one.number - other.number);
    this.#values.clear();
    this.#news = [];
    return messages;
  }
}

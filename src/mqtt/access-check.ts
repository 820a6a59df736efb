// Whether the broker lets us read and write. Mosquitto takes what its access list forbids, says that all is well, and drops it
// (publishing with MQTT 3.1.1, reading always), so after each connect we listen for ourselves, once.
import { randomUUID } from "node:crypto";
import type { Clock } from "../foundation/clock.ts";
import { type AppError, PermanentError } from "../foundation/errors.ts";
import type { BrokerSession } from "./broker-session.ts";
import type { BrokerMessage } from "./message-broker.ts";

export interface EchoTopic {
  /** Nobody else's; what is sent there is not stored. */
  readonly topic: string;
  /** What the access list should allow, to read and to write. */
  readonly filter: string;
  /** One of our subscriptions matches it. What need only be written is checked where the broker does not answer for itself. */
  readonly isHeardAnyway: boolean;
}

/** After the broker has said that it took it. */
const echoLimitMs = 5_000;

interface Waiting {
  readonly payload: string;
  timer: Disposable | undefined;
}

export class AccessCheck {
  readonly #topics: readonly EchoTopic[];
  readonly #clock: Clock;
  readonly #report: (error: AppError) => void;
  readonly #waiting = new Map<string, Waiting>();

  constructor(topics: readonly EchoTopic[], clock: Clock, report: (error: AppError) => void) {
    this.#topics = topics;
    this.#clock = clock;
    this.#report = report;
  }

  /** Once for each session, when its subscriptions stand. */
  start(session: BrokerSession): void {
    const topics = this.#topics.filter(({ isHeardAnyway }) => isHeardAnyway || !session.answersForWrites);
    for (const topic of topics) void this.#check(session, topic);
  }

  /** True for an echo: nobody else wants to hear it. */
  hears({ topic, payload }: BrokerMessage): boolean {
    if (!this.#topics.some((one) => one.topic === topic)) return false;
    const waiting = this.#waiting.get(topic);
    if (waiting?.payload === payload.toString()) this.#forget(topic, waiting);
    return true;
  }

  stop(): void {
    for (const [topic, waiting] of [...this.#waiting]) this.#forget(topic, waiting);
  }

  async #check(session: BrokerSession, { topic, filter, isHeardAnyway }: EchoTopic): Promise<void> {
    const waiting: Waiting = { payload: randomUUID(), timer: undefined };
    this.#waiting.set(topic, waiting);
    try {
      if (!isHeardAnyway) await session.subscribe(topic);
      await session.send({ topic, payload: waiting.payload });
    } catch {
      // Refused in words, or the session is over: nothing is known of reading.
      this.#forget(topic, waiting);
    }
    if (this.#waiting.get(topic) !== waiting) return;
    waiting.timer = this.#clock.after(echoLimitMs, () => {
      this.#forget(topic, waiting);
      this.#report(
        new PermanentError(
          "mqtt.not-allowed",
          `${session.label} does not give back what we publish on ${topic}; allow reading and writing ${filter} in the broker's access list`,
        ),
      );
    });
  }

  #forget(topic: string, waiting: Waiting): void {
    waiting.timer?.[Symbol.dispose]();
    if (this.#waiting.get(topic) === waiting) this.#waiting.delete(topic);
  }
}

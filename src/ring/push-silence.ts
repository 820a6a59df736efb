// Messages may stay away although everything is connected: only Ring's history shows it. When to doubt, and what to do about it.
import type { Clock } from "../foundation/clock.ts";

export interface PushDoubts {
  /** After a connection Ring may need so long to send there. */
  readonly settleMs: number;
  /** A message may come so late. */
  readonly lateMs: number;
  /** From the first renewal to the second; then twice as long each time, up to a day, until a message comes. */
  readonly renewEveryMs: number;
}

const longestPauseMs = 86_400_000;

export const usualPushDoubts: PushDoubts = { settleMs: 60_000, lateMs: 120_000, renewEveryMs: 3_600_000 };

export type PushRenewal = "connection" | "address";

export class PushSilence {
  readonly #doubts: PushDoubts;
  readonly #clock: Clock;
  /** Unix ms since which messages could arrive. */
  #healthySince: number | undefined;
  #lastPushAt = Number.NEGATIVE_INFINITY;
  #reason: string | undefined;
  #renewals = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(doubts: PushDoubts, clock: Clock) {
    this.#doubts = doubts;
    this.#clock = clock;
  }

  /** Why we doubt that messages are sent to us; undefined while we do not. */
  get reason(): string | undefined {
    return this.#reason;
  }

  connectionIs(isGood: boolean): void {
    if (!isGood) this.#healthySince = undefined;
    else this.#healthySince ??= this.#clock.now();
  }

  /** Any message shows that they are sent. */
  heard(): void {
    this.#lastPushAt = this.#clock.now();
    this.#reason = undefined;
    this.#renewals = 0;
  }

  /**
   * Ring's history shows an event of which no message came. Returns what is to be renewed: first the connection, then, where
   * still no message came, our address, too. One camera whose alerts are off is no reason as long as others are heard.
   */
  missed(happenedAt: number, cameraName: string): PushRenewal | undefined {
    const { settleMs, lateMs, renewEveryMs } = this.#doubts;
    const now = this.#clock.now();
    const since = this.#healthySince;
    const couldBeTold = since !== undefined && happenedAt >= since + settleMs && happenedAt <= now - lateMs;
    if (!couldBeTold || this.#lastPushAt >= happenedAt) return undefined;
    this.#reason = `Ring's history shows an event of ${cameraName}, but no message of it came; are its alerts on in the Ring app?`;
    // Alerts may be off for good, and each new address is a registration at Google and Ring.
    const pauseMs = Math.min(renewEveryMs * 2 ** Math.max(0, this.#renewals - 1), longestPauseMs);
    if (this.#clock.monotonic() - this.#renewedAt < pauseMs) return undefined;
    this.#renewedAt = this.#clock.monotonic();
    return this.#renewals++ === 0 ? "connection" : "address";
  }
}

// Lets packets out no faster than a network takes them: a key frame sent in one go overruns the viewer's UDP buffer.
import type { Clock } from "../../../foundation/clock.ts";

export interface Pace {
  /** May leave at once. */
  readonly burstBytes: number;
  readonly bytesPerMs: number;
}

interface QueuedPacket {
  readonly bytes: number;
  readonly send: () => void;
}

const pauseMs = 2;

export class PacedQueue implements Disposable {
  readonly #clock: Clock;
  readonly #pace: Pace;
  #waiting: QueuedPacket[] = [];
  #waitingBytes = 0;
  #creditBytes: number;
  #creditAtMs: number;
  #timer: Disposable | undefined;

  constructor(clock: Clock, pace: Pace) {
    this.#clock = clock;
    this.#pace = pace;
    this.#creditBytes = pace.burstBytes;
    this.#creditAtMs = clock.monotonic();
  }

  get pendingBytes(): number {
    return this.#waitingBytes;
  }

  /** Calls `send` now or a little later, always in order. */
  push(bytes: number, send: () => void): void {
    if (!this.#timer) this.#earn();
    if (!this.#timer && this.#creditBytes > 0) {
      this.#creditBytes -= bytes;
      send();
      return;
    }
    this.#waiting.push({ bytes, send });
    this.#waitingBytes += bytes;
    this.#timer ??= this.#clock.after(pauseMs, () => this.#flush());
  }

  /** Calls back when nothing waits any more; not where the queue is disposed before. */
  whenEmpty(callback: () => void): void {
    if (this.#waiting.length === 0) callback();
    else this.#waiting.push({ bytes: 0, send: callback });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #flush(): void {
    this.#timer = undefined;
    this.#earn();
    let sent = 0;
    for (const { bytes, send } of this.#waiting) {
      if (this.#creditBytes <= 0) break;
      this.#creditBytes -= bytes;
      this.#waitingBytes -= bytes;
      sent++;
      send();
    }
    this.#waiting.splice(0, sent);
    if (this.#waiting.length > 0) this.#timer = this.#clock.after(pauseMs, () => this.#flush());
  }

  #earn(): void {
    const nowMs = this.#clock.monotonic();
    const earned = (nowMs - this.#creditAtMs) * this.#pace.bytesPerMs;
    this.#creditBytes = Math.min(this.#creditBytes + earned, this.#pace.burstBytes);
    this.#creditAtMs = nowMs;
  }
}

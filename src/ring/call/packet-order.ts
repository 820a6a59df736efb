// Puts the RTP packets of one track in order: waits a moment for those that are late, drops those that come twice.
import type { Clock } from "../../foundation/clock.ts";

export interface OrderedPacket {
  readonly sequenceNumber: number;
}

export interface PacketOrderOptions<T extends OrderedPacket> {
  readonly clock: Clock;
  /** For so long a gap holds back what came after it. */
  readonly windowMs: number;
  readonly deliver: (packet: T, arrivedAtMs: number) => void;
  /** Sequence numbers of a gap: when it shows, and again while it lasts. */
  readonly onMissing?: (missing: readonly number[]) => void;
  readonly askAgainMs?: number;
}

interface Held<T> {
  readonly packet: T;
  readonly arrivedAtMs: number;
}

const mostHeld = 512;
/** A jump further than this is a new beginning, no loss. */
const longestJump = 2_000;

export class PacketOrder<T extends OrderedPacket> implements Disposable {
  readonly #options: PacketOrderOptions<T>;
  readonly #held = new Map<number, Held<T>>();
  #next: number | undefined;
  #giveUp: Disposable | undefined;
  #askAgain: Disposable | undefined;

  constructor(options: PacketOrderOptions<T>) {
    this.#options = options;
  }

  /** The common case, a packet that is in order, allocates nothing. */
  push(packet: T, arrivedAtMs: number): void {
    const ahead = this.#next === undefined ? 0 : (packet.sequenceNumber - this.#next) & 0xffff;
    if (ahead === 0) {
      this.#deliver(packet, arrivedAtMs);
      if (this.#held.size > 0) this.#drain();
      return;
    }
    if (ahead > 0xffff - longestJump || this.#held.has(packet.sequenceNumber)) return;
    if (ahead > longestJump) {
      this.#flush();
      this.#deliver(packet, arrivedAtMs);
      return;
    }
    this.#held.set(packet.sequenceNumber, { packet, arrivedAtMs });
    if (this.#held.size > mostHeld) this.#skipGap();
    else if (!this.#giveUp) this.#gapBegins();
  }

  /** A packet that comes once more: taken only where it is missing. */
  fill(packet: T, arrivedAtMs: number): void {
    if (this.#next === undefined || ((packet.sequenceNumber - this.#next) & 0xffff) > longestJump) return;
    this.push(packet, arrivedAtMs);
  }

  [Symbol.dispose](): void {
    this.#stopTimers();
    this.#held.clear();
  }

  #deliver(packet: T, arrivedAtMs: number): void {
    this.#next = (packet.sequenceNumber + 1) & 0xffff;
    this.#options.deliver(packet, arrivedAtMs);
  }

  /** Delivers what has become in order, and what has waited long enough behind a gap. */
  #drain(): void {
    this.#stopTimers();
    for (;;) {
      const held = this.#takeNext();
      if (held) {
        this.#deliver(held.packet, held.arrivedAtMs);
        continue;
      }
      if (this.#held.size === 0) return;
      if (this.#patienceMs() > 0) break;
      this.#next = this.#nearest();
    }
    this.#gapBegins();
  }

  #takeNext(): Held<T> | undefined {
    const key = this.#next ?? -1;
    const held = this.#held.get(key);
    this.#held.delete(key);
    return held;
  }

  /** How long the gap may still hold back the packet that has waited longest. */
  #patienceMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { arrivedAtMs } of this.#held.values()) earliest = Math.min(earliest, arrivedAtMs);
    return earliest + this.#options.windowMs - this.#options.clock.monotonic();
  }

  #gapBegins(): void {
    this.#giveUp = this.#options.clock.after(Math.ceil(this.#patienceMs()), () => this.#drain());
    this.#ask();
  }

  #ask(): void {
    const { clock, onMissing, askAgainMs } = this.#options;
    if (!onMissing) return;
    onMissing(this.#missing());
    if (askAgainMs !== undefined) this.#askAgain = clock.after(askAgainMs, () => this.#ask());
  }

  /** Every number between the last delivered packet and the furthest one held that is not there. */
  #missing(): number[] {
    const first = this.#next ?? 0;
    let furthest = 0;
    for (const number of this.#held.keys()) furthest = Math.max(furthest, (number - first) & 0xffff);
    const missing: number[] = [];
    for (let ahead = 0; ahead < furthest; ahead++) {
      const number = (first + ahead) & 0xffff;
      if (!this.#held.has(number)) missing.push(number);
    }
    return missing;
  }

  #nearest(): number | undefined {
    const first = this.#next ?? 0;
    let nearest: number | undefined;
    for (const number of this.#held.keys()) {
      if (nearest === undefined || ((number - first) & 0xffff) < ((nearest - first) & 0xffff)) nearest = number;
    }
    return nearest;
  }

  #skipGap(): void {
    this.#next = this.#nearest();
    this.#drain();
  }

  #flush(): void {
    while (this.#held.size > 0) this.#skipGap();
  }

  #stopTimers(): void {
    this.#giveUp?.[Symbol.dispose]();
    this.#askAgain?.[Symbol.dispose]();
    this.#giveUp = undefined;
    this.#askAgain = undefined;
  }
}

// The map between a track's RTP time and our clock: fixed by the first packet, slewed by sender reports, never stepped.
import { extendTimestamp } from "../formats/rtp-arithmetic.ts";

const slewMsPerSecond = 5;
/** Reports further off than this are nonsense (a sender without a wall clock). */
const largestErrorMs = 5_000;
/** A source whose timestamps leave its arrivals by more than this has started a new timeline. */
const largestJumpMs = 10_000;

/** Our time minus the sender's, one for all tracks of a session: what makes them agree. */
export interface SenderOffset {
  ms: number | undefined;
}

export class TrackClock {
  readonly rate: number;
  /** The line: `#anchorTimestamp` was at `#anchorMs`, shifted by `#slewMs`. */
  #anchorTimestamp: number | undefined;
  #anchorMs = 0;
  #slewMs = 0;
  #targetMs = 0;
  #slewedAtMs = 0;
  /** Newest extended timestamp, undefined while the next packet starts a new upstream timeline. */
  #last: number | undefined;
  #highest = 0;
  /** Extended timestamp minus the source's. */
  #shift = 0;

  /** `previous`: the clock of the same track with another rate, whose line this one continues. */
  constructor(rate: number, previous?: TrackClock) {
    this.rate = rate;
    if (!previous || previous.#anchorTimestamp === undefined) return;
    const scale = rate / previous.rate;
    this.#anchorTimestamp = Math.round(previous.#anchorTimestamp * scale);
    this.#highest = Math.round(previous.#highest * scale);
    this.#anchorMs = previous.#anchorMs;
    this.#slewMs = previous.#slewMs;
    this.#targetMs = previous.#targetMs;
    this.#slewedAtMs = previous.#slewedAtMs;
  }

  /** The next packet comes from a new sender with a timeline of its own; the map stays. */
  restart(): void {
    this.#last = undefined;
    this.#targetMs = this.#slewMs;
  }

  /** The extended timestamp of a packet. */
  accept(timestamp: number, arrivedAtMs: number): number {
    if (this.#anchorTimestamp === undefined) this.#anchor(timestamp, arrivedAtMs);
    const extended = this.#last === undefined ? undefined : extendTimestamp(this.#last, timestamp + this.#shift);
    if (extended === undefined || Math.abs(this.monotonicAt(extended) - arrivedAtMs) > largestJumpMs)
      return this.#join(timestamp, arrivedAtMs);
    this.#last = extended;
    this.#highest = Math.max(this.#highest, extended);
    return extended;
  }

  /** When the sample with this extended timestamp was, on our monotonic clock. */
  monotonicAt(extended: number): number {
    return this.#anchorMs + ((extended - (this.#anchorTimestamp ?? 0)) * 1_000) / this.rate + this.#slewMs;
  }

  /** Takes a sender report: the source's `timestamp` was at `senderMs` of its own wall clock. */
  senderReport(timestamp: number, senderMs: number, offset: SenderOffset): void {
    if (this.#last === undefined) return;
    const ours = this.monotonicAt(extendTimestamp(this.#last, timestamp + this.#shift));
    offset.ms ??= ours - senderMs;
    const errorMs = senderMs + offset.ms - ours;
    if (Math.abs(errorMs) <= largestErrorMs) this.#targetMs = this.#slewMs + errorMs;
  }

  /** Moves the map towards what the sender reports said; call it regularly. */
  slew(nowMs: number): void {
    const largestStep = (Math.min(Math.max(nowMs - this.#slewedAtMs, 0), 5_000) * slewMsPerSecond) / 1_000;
    this.#slewedAtMs = nowMs;
    this.#slewMs += Math.max(-largestStep, Math.min(largestStep, this.#targetMs - this.#slewMs));
  }

  #anchor(timestamp: number, arrivedAtMs: number): void {
    this.#anchorTimestamp = timestamp;
    this.#highest = timestamp - 1;
    this.#anchorMs = arrivedAtMs;
    this.#slewedAtMs = arrivedAtMs;
  }

  /** Lays a new upstream timeline on the map by arrival, after all that was there before. */
  #join(timestamp: number, arrivedAtMs: number): number {
    const byArrival = Math.round(
      (this.#anchorTimestamp ?? 0) + ((arrivedAtMs - this.#anchorMs - this.#slewMs) * this.rate) / 1_000,
    );
    const extended = Math.max(byArrival, this.#highest + 1);
    this.#shift = extended - timestamp;
    this.#last = extended;
    this.#highest = extended;
    return extended;
  }
}

// The map between a track's RTP time and our clock: fixed by the first packet, corrected by sender reports, never by a step that anybody sees.
import { extendTimestamp, timestampDistance } from "../formats/rtp-arithmetic.ts";

const slewMsPerSecond = 5;
/** Reports further off than this are nonsense (a sender without a wall clock). */
const largestErrorMs = 5_000;
/** A source whose timestamps leave its arrivals by more than this has started a new timeline. */
const largestJumpMs = 10_000;

/** Our time minus the sender's, one for all tracks of a session: what makes them agree. */
export interface SenderOffset {
  ms: number | undefined;
}

/** The source's `timestamp` was at `senderMs` of its own wall clock. */
export interface ClockReport {
  readonly timestamp: number;
  readonly senderMs: number;
  readonly offset: SenderOffset;
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
  /** Came before the packets of a new timeline: says where they belong. */
  #early: ClockReport | undefined;

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
    this.#early = undefined;
    this.#targetMs = this.#slewMs;
  }

  /** The extended timestamp of a packet. */
  accept(timestamp: number, arrivedAtMs: number): number {
    if (this.#last === undefined) return this.#begin(timestamp, this.#sampledAt(timestamp, arrivedAtMs));
    const extended = extendTimestamp(this.#last, timestamp + this.#shift);
    if (Math.abs(this.monotonicAt(extended) - arrivedAtMs) > largestJumpMs) return this.#begin(timestamp, arrivedAtMs);
    this.#last = extended;
    this.#highest = Math.max(this.#highest, extended);
    return extended;
  }

  /** When the sample with this extended timestamp was, on our monotonic clock. */
  monotonicAt(extended: number): number {
    return this.#anchorMs + ((extended - (this.#anchorTimestamp ?? 0)) * 1_000) / this.rate + this.#slewMs;
  }

  /** Takes a sender report. `isSeen`: a reader has been sent this track, so that its times may no more be moved at once. */
  senderReport(report: ClockReport, isSeen: boolean): void {
    if (this.#last === undefined) {
      this.#early = report;
      return;
    }
    const { timestamp, senderMs, offset } = report;
    const ours = this.monotonicAt(extendTimestamp(this.#last, timestamp + this.#shift));
    offset.ms ??= ours - senderMs;
    const errorMs = senderMs + offset.ms - ours;
    if (Math.abs(errorMs) > largestErrorMs) return;
    this.#targetMs = this.#slewMs + errorMs;
    if (!isSeen) this.#slewMs = this.#targetMs;
  }

  /** Moves the map towards what the sender reports said; call it regularly. */
  slew(nowMs: number): void {
    const largestStep = (Math.min(Math.max(nowMs - this.#slewedAtMs, 0), 5_000) * slewMsPerSecond) / 1_000;
    this.#slewedAtMs = nowMs;
    this.#slewMs += Math.max(-largestStep, Math.min(largestStep, this.#targetMs - this.#slewMs));
  }

  /** When the first packet of a timeline was sampled: as its sender has said, or now. */
  #sampledAt(timestamp: number, arrivedAtMs: number): number {
    const early = this.#early;
    if (!early) return arrivedAtMs;
    this.#early = undefined;
    const senderMs = early.senderMs + (timestampDistance(early.timestamp, timestamp) * 1_000) / this.rate;
    early.offset.ms ??= arrivedAtMs - senderMs;
    const sampledAtMs = senderMs + early.offset.ms;
    return Math.abs(sampledAtMs - arrivedAtMs) > largestErrorMs ? arrivedAtMs : sampledAtMs;
  }

  /** Lays a new upstream timeline on the map, after all that was there before. */
  #begin(timestamp: number, atMs: number): number {
    if (this.#anchorTimestamp === undefined) this.#anchor(timestamp, atMs);
    const onMap = Math.round(
      (this.#anchorTimestamp ?? 0) + ((atMs - this.#anchorMs - this.#slewMs) * this.rate) / 1_000,
    );
    const extended = Math.max(onMap, this.#highest + 1);
    this.#shift = extended - timestamp;
    this.#last = extended;
    this.#highest = extended;
    return extended;
  }

  #anchor(timestamp: number, atMs: number): void {
    this.#anchorTimestamp = timestamp;
    this.#highest = timestamp - 1;
    this.#anchorMs = atMs;
    this.#slewedAtMs = atMs;
  }
}

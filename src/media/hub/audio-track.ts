// An audio track of a source as it came: numbered and timed, one unit per packet.
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { MediaUnit } from "./media-unit.ts";
import { PacketNumbering } from "./packet-numbering.ts";
import { TrackClock } from "./track-clock.ts";

export const audioClockRates = { opus: 48_000, pcmu: 8_000 };

export class AudioTrack<C extends "opus" | "pcmu" | "aac"> {
  readonly codec: C;
  readonly clock: TrackClock;
  readonly numbering: PacketNumbering;
  #last = -1;

  /** `previous`: the track that this one replaces because the codec changed. */
  constructor(codec: C, clockRate: number, previous?: AudioTrack<C>) {
    this.codec = codec;
    this.clock = new TrackClock(clockRate, previous?.clock);
    this.numbering = previous?.numbering ?? new PacketNumbering();
    this.#last = previous ? previous.#last : -1;
  }

  /** The unit of a packet; undefined where it came too late or twice. */
  accept(packet: RtpPacket, arrivedAtMs: number): MediaUnit | undefined {
    const index = this.numbering.accept(packet.sequenceNumber);
    if (index <= this.#last) return undefined;
    this.#last = index;
    return {
      payloads: [packet.payload],
      indexes: [index],
      timestamp: this.clock.accept(packet.timestamp, arrivedAtMs),
      marker: packet.marker,
      payloadBytes: packet.payload.length,
    };
  }

  /** The next packet comes from a new sender. */
  restart(): void {
    this.numbering.restart();
    this.clock.restart();
  }
}

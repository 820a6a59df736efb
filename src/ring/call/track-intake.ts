// One track of a call on its way to the sink: in order, without repeats and empty packets, each sender's reports before its packets.
import type { CallRtpPacket } from "../live-call-types.ts";
import { PacketOrder, type PacketOrderOptions } from "./packet-order.ts";
import { type ReceptionReport, ReceptionStatistics } from "./reception-report.ts";
import type { IncomingPacket } from "./srtp-receiver.ts";

export interface TrackIntakeOptions extends PacketOrderOptions<CallRtpPacket> {
  /** Of its timestamps; asked for when a sender begins. */
  readonly clockRate: () => number;
  /** Its first packet, or one of another sender than before: numbers and times have nothing to do with the earlier ones. */
  readonly onSender: (ssrc: number, isAnother: boolean) => void;
  readonly onReport: (rtpTimestamp: number, senderUnixMs: number) => void;
}

/** A sender's report, of RTCP. */
export interface SenderReport {
  readonly ssrc: number;
  readonly rtpTimestamp: number;
  /** Seconds since 1900 in the upper, fractions in the lower 32 bits. */
  readonly ntpTimestamp: bigint;
}

export class TrackIntake implements Disposable {
  readonly #options: TrackIntakeOptions;
  #order: PacketOrder<CallRtpPacket>;
  #ssrc: number | undefined;
  #statistics: ReceptionStatistics | undefined;
  /** Of a sender that has not sent packets yet. */
  #early: SenderReport | undefined;
  /** Empty packets that were left out; their numbers close up, or they would look lost. */
  #leftOut = 0;

  constructor(options: TrackIntakeOptions) {
    this.#options = options;
    this.#order = this.#newOrder();
  }

  packet(packet: IncomingPacket, arrivedAtMs: number): void {
    if (packet.ssrc !== this.#ssrc) this.#senderBegins(packet.ssrc);
    this.#statistics?.packet(packet.sequenceNumber, packet.timestamp, arrivedAtMs);
    this.#order.push(packet, arrivedAtMs);
  }

  /** A packet that was asked for again and comes in a stream of its own (RFC 4588), as it was at first. */
  repeated({ timestamp, marker, payload }: IncomingPacket, payloadType: number, arrivedAtMs: number): void {
    if (payload.length < 2) return;
    const original = payload.readUInt16BE(0);
    const packet = { payloadType, sequenceNumber: original, timestamp, marker, payload: payload.subarray(2) };
    this.#order.fill(packet, arrivedAtMs);
  }

  senderReport(report: SenderReport): void {
    const { ssrc, rtpTimestamp, ntpTimestamp } = report;
    if (ssrc !== this.#ssrc) {
      this.#early = report;
      return;
    }
    this.#statistics?.senderReport(ntpTimestamp, this.#options.clock.monotonic());
    this.#options.onReport(rtpTimestamp, toUnixMs(ntpTimestamp));
  }

  /** What the sender wants to know of its packets; undefined before the first. */
  get receptionReport(): ReceptionReport | undefined {
    return this.#statistics?.report(this.#options.clock.monotonic());
  }

  [Symbol.dispose](): void {
    this.#order[Symbol.dispose]();
  }

  #senderBegins(ssrc: number): void {
    const isAnother = this.#ssrc !== undefined;
    const early = this.#early;
    this.#ssrc = ssrc;
    this.#statistics = new ReceptionStatistics(ssrc, this.#options.clockRate());
    this.#early = undefined;
    this.#leftOut = 0;
    this.#order[Symbol.dispose]();
    this.#order = this.#newOrder();
    this.#options.onSender(ssrc, isAnother);
    if (early) this.senderReport(early);
  }

  #newOrder(): PacketOrder<CallRtpPacket> {
    return new PacketOrder({
      ...this.#options,
      deliver: (packet, arrivedAtMs) => this.#deliver(packet, arrivedAtMs),
    });
  }

  #deliver(packet: CallRtpPacket, arrivedAtMs: number): void {
    const { payload, sequenceNumber } = packet;
    if (payload.length === 0) this.#leftOut++;
    else if (this.#leftOut === 0) this.#options.deliver(packet, arrivedAtMs);
    else this.#options.deliver({ ...packet, sequenceNumber: (sequenceNumber - this.#leftOut) & 0xffff }, arrivedAtMs);
  }
}

const ntpToUnixSeconds = 2_208_988_800;

function toUnixMs(ntpTimestamp: bigint): number {
  const seconds = Number(ntpTimestamp >> 32n) - ntpToUnixSeconds;
  return (seconds + Number(ntpTimestamp & 0xffff_ffffn) / 2 ** 32) * 1_000;
}

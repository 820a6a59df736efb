// One track of a call on its way to the sink: in order, without repeats and empty packets, each sender's reports before its packets.
import type { RtpPacket } from "werift";
import type { CallRtpPacket } from "../live-call-types.ts";
import { PacketOrder, type PacketOrderOptions } from "./packet-order.ts";

export interface TrackIntakeOptions extends PacketOrderOptions<CallRtpPacket> {
  /** Its first packet, or one of another sender than before: numbers and times have nothing to do with the earlier ones. */
  readonly onSender: (ssrc: number, isAnother: boolean) => void;
  readonly onReport: (rtpTimestamp: number, senderUnixMs: number) => void;
}

interface Report {
  readonly ssrc: number;
  readonly rtpTimestamp: number;
  readonly senderUnixMs: number;
}

export class TrackIntake implements Disposable {
  readonly #options: TrackIntakeOptions;
  #order: PacketOrder<CallRtpPacket>;
  #ssrc: number | undefined;
  /** Of a sender that has not sent packets yet. */
  #early: Report | undefined;
  /** Empty packets that were left out; their numbers close up, or they would look lost. */
  #leftOut = 0;

  constructor(options: TrackIntakeOptions) {
    this.#options = options;
    this.#order = this.#newOrder();
  }

  packet({ header, payload }: RtpPacket, arrivedAtMs: number): void {
    if (header.ssrc !== this.#ssrc) this.#senderBegins(header.ssrc);
    const { payloadType, sequenceNumber, timestamp, marker } = header;
    this.#order.push({ payloadType, sequenceNumber, timestamp, marker, payload }, arrivedAtMs);
  }

  /** A packet that was asked for again and comes in a stream of its own (RFC 4588), as it was at first. */
  repeated({ header, payload }: RtpPacket, payloadType: number, arrivedAtMs: number): void {
    if (payload.length < 2) return;
    const { timestamp, marker } = header;
    const original = payload.readUInt16BE(0);
    const packet = { payloadType, sequenceNumber: original, timestamp, marker, payload: payload.subarray(2) };
    this.#order.fill(packet, arrivedAtMs);
  }

  report(report: Report): void {
    if (report.ssrc === this.#ssrc) this.#options.onReport(report.rtpTimestamp, report.senderUnixMs);
    else this.#early = report;
  }

  [Symbol.dispose](): void {
    this.#order[Symbol.dispose]();
  }

  #senderBegins(ssrc: number): void {
    const isAnother = this.#ssrc !== undefined;
    const early = this.#early;
    this.#ssrc = ssrc;
    this.#early = undefined;
    this.#leftOut = 0;
    this.#order[Symbol.dispose]();
    this.#order = this.#newOrder();
    this.#options.onSender(ssrc, isAnother);
    if (early) this.report(early);
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

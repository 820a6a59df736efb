// What a receiver tells a sender about its packets (RFC 3550, 6.4.1 and appendix A): Ring's server measures the line by it.

/** In the units of an RTCP report block. */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Of 256, since the report before. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  /** With the number of rounds in the upper 16 bits. */
  readonly highestSequence: number;
  /** In ticks of the RTP clock. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP time of the last sender's report; 0 before one. */
  readonly lastSenderReport: number;
  /** Since that report came, in 1/65536 s. */
  readonly delaySinceSenderReport: number;
}

const mostLost = 0x7f_ffff;

/** Of the packets of one sender. */
export class ReceptionStatistics {
  readonly #ssrc: number;
  readonly #ticksPerMs: number;
  #first: number | undefined;
  #highest = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #timestamp = 0;
  #arrivedAtMs = 0;
  #senderReport = 0;
  #senderReportAtMs = 0;

  constructor(ssrc: number, clockRate: number) {
    this.#ssrc = ssrc;
    this.#ticksPerMs = clockRate / 1_000;
  }

  packet(sequenceNumber: number, timestamp: number, arrivedAtMs: number): void {
    if (this.#first === undefined) {
      this.#first = sequenceNumber;
      this.#highest = sequenceNumber;
    } else {
      const ahead = (sequenceNumber - this.#highest) & 0xffff;
      if (ahead < 0x8000) this.#highest += ahead;
      const ticks = (arrivedAtMs - this.#arrivedAtMs) * this.#ticksPerMs - ((timestamp - this.#timestamp) | 0);
      this.#jitter += (Math.abs(ticks) - this.#jitter) / 16;
    }
    this.#received++;
    this.#timestamp = timestamp;
    this.#arrivedAtMs = arrivedAtMs;
  }

  /** `ntpTimestamp`: 64 bits, as in the report. */
  senderReport(ntpTimestamp: bigint, arrivedAtMs: number): void {
    this.#senderReport = Number((ntpTimestamp >> 16n) & 0xffff_ffffn);
    this.#senderReportAtMs = arrivedAtMs;
  }

  /** Undefined before the first packet. */
  report(nowMs: number): ReceptionReport | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    const waited = ((nowMs - this.#senderReportAtMs) * 65_536) / 1_000;
    return {
      ssrc: this.#ssrc,
      fractionLost: lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      packetsLost: Math.min(mostLost, Math.max(0, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter) >>> 0,
      lastSenderReport: this.#senderReport,
      delaySinceSenderReport: this.#senderReport === 0 ? 0 : Math.round(waited) >>> 0,
    };
  }
}

// One track as a reader of ours gets it: every sequence number checked, sender reports kept.
import { sequenceDistance } from "../../src/media/formats/rtp-arithmetic.ts";

export interface SenderReport {
  /** Unix ms with fractions. */
  readonly senderMs: number;
  readonly rtpTimestamp: number;
  /** How many packets of the track had come before. */
  readonly afterPackets: number;
}

const ntpToUnixSeconds = 2_208_988_800;

export class ReceivedTrack {
  /** In lower case, as the description names it: `h264`, `mpeg4-generic`, `opus`, `pcmu`. */
  readonly codec: string;
  /** As RTP-Info and Transport announced it. */
  readonly announced: { firstSequence: number | undefined } = { firstSequence: undefined };
  packets = 0;
  bytes = 0;
  /** Sequence numbers that were left out. */
  lost = 0;
  /** Packets whose number was not above the one before. */
  disordered = 0;
  ssrc: number | undefined;
  /** How often the SSRC was another one than before. */
  ssrcChanges = 0;
  firstSequence: number | undefined;
  lastTimestamp: number | undefined;
  readonly reports: SenderReport[] = [];
  /** Empty receiver reports: signs of life. */
  signsOfLife = 0;
  goodbyes = 0;
  #lastSequence: number | undefined;

  constructor(codec: string) {
    this.codec = codec;
  }

  rtp(packet: Buffer): void {
    const sequence = packet.readUInt16BE(2);
    const ssrc = packet.readUInt32BE(8);
    if (this.ssrc !== undefined && this.ssrc !== ssrc) this.ssrcChanges++;
    this.ssrc = ssrc;
    this.firstSequence ??= sequence;
    this.packets++;
    this.bytes += packet.length;
    this.lastTimestamp = packet.readUInt32BE(4);
    const step = this.#lastSequence === undefined ? 1 : sequenceDistance(this.#lastSequence, sequence);
    if (step > 1) this.lost += step - 1;
    if (step < 1) this.disordered++;
    this.#lastSequence = sequence;
  }

  /** A compound packet. */
  rtcp(compound: Buffer): void {
    for (let at = 0; at + 4 <= compound.length; at += 4 * (compound.readUInt16BE(at + 2) + 1)) {
      const type = compound[at + 1];
      if (type === 200) this.#senderReport(compound, at);
      if (type === 201) this.signsOfLife++;
      if (type === 203) this.goodbyes++;
    }
  }

  #senderReport(compound: Buffer, at: number): void {
    const seconds = compound.readUInt32BE(at + 8) - ntpToUnixSeconds;
    const senderMs = (seconds + compound.readUInt32BE(at + 12) / 2 ** 32) * 1_000;
    this.reports.push({ senderMs, rtpTimestamp: compound.readUInt32BE(at + 16), afterPackets: this.packets });
  }
}

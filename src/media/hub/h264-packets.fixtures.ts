// H.264 packets for tests and benchmarks, shaped as a camera sends them; the slices carry noise.
import type { RtpPacket } from "../formats/rtp-packet.ts";

export const highSps = Buffer.from("67640028acd940780227e5c044000003000400000300c03c60c658", "hex");
export const baselineSps = Buffer.from("6742c016d900a03db0110000030001000003001e0f162e48", "hex");
export const pps = Buffer.from("68ebe3cb22c0", "hex");

export interface CameraOptions {
  readonly sequenceNumber?: number;
  readonly timestamp?: number;
  readonly sps?: Buffer;
  readonly ticksPerFrame?: number;
}

/** Makes the packets of one picture after the other. */
export class H264Camera {
  sps: Buffer;
  sequenceNumber: number;
  timestamp: number;
  readonly #ticksPerFrame: number;

  constructor(options: CameraOptions = {}) {
    this.sequenceNumber = options.sequenceNumber ?? 65_530;
    this.timestamp = options.timestamp ?? 2 ** 32 - 5_000;
    this.sps = options.sps ?? highSps;
    this.#ticksPerFrame = options.ticksPerFrame ?? 3_750;
  }

  /** SPS, PPS and an IDR slice in fragments. */
  keyFrame(packets = 3, bytes = 100): RtpPacket[] {
    return this.#picture([this.sps, pps, ...fragments(5, packets, bytes)]);
  }

  /** An IDR without parameter sets. */
  bareKeyFrame(packets = 3, bytes = 100): RtpPacket[] {
    return this.#picture(fragments(5, packets, bytes));
  }

  frame(packets = 2, bytes = 100): RtpPacket[] {
    return this.#picture(fragments(1, packets, bytes));
  }

  #picture(payloads: readonly Buffer[]): RtpPacket[] {
    const { timestamp } = this;
    this.timestamp = (timestamp + this.#ticksPerFrame) % 2 ** 32;
    return payloads.map((payload, index) => ({
      payloadType: 102,
      sequenceNumber: this.#nextSequenceNumber(),
      timestamp,
      marker: index === payloads.length - 1,
      payload,
    }));
  }

  #nextSequenceNumber(): number {
    const now = this.sequenceNumber;
    this.sequenceNumber = (now + 1) % 65_536;
    return now;
  }
}

/** A slice as FU-A payloads; a single one is a single NAL unit. */
function fragments(type: 1 | 5, count: number, bytes: number): Buffer[] {
  const importance = type === 5 ? 0x60 : 0x40;
  if (count === 1) return [Buffer.concat([Buffer.from([importance | type, 0x88]), Buffer.alloc(bytes, 0x55)])];
  return Array.from({ length: count }, (_, index) => {
    const edge = index === 0 ? 0x80 : index === count - 1 ? 0x40 : 0;
    return Buffer.concat([Buffer.from([importance | 28, edge | type, 0x88]), Buffer.alloc(bytes, 0x55)]);
  });
}

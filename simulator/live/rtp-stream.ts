// One outgoing RTP stream: packets with random origins, memory for repetition, loss and disorder on purpose, reports.
import { randomInt } from "node:crypto";
import { goodbye, type SenderState, senderReport } from "./rtcp.ts";

/** How media time (ms since the cloud started) is told to the outside. */
export interface MediaClock {
  /** Unix time in ms of media time 0. */
  readonly originUnixMs: number;
  nowMs(): number;
}

export interface RtpStreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly cname: string;
  /** Repetitions go out in a stream of their own (RFC 4588) if the other side knows it, else as they were. */
  readonly repetition?: { readonly ssrc: number; readonly payloadType: number };
  /** Header extension of transport-wide congestion control: its id and the counter of the whole transport. */
  readonly transportCounter?: { readonly extensionId: number; next(): number };
  readonly clock: MediaClock;
  /** From now until times begin anew at zero; sequence numbers do after some packets. Null: wherever they happen to. */
  readonly wrapAfterMs?: number | null;
  send(packet: Buffer): void;
}

export interface Impairment {
  readonly packetLossPercent: number;
  readonly reorderPercent: number;
}

/** About 4 s of video. */
const rememberedPackets = 1024;
const fixedHeaderBytes = 12;
const extensionBytes = 8;
const oneByteExtensions = 0xbede;

const packetsToWrap = 100;

/** What the time must be at media time 0, so that it is zero then. */
function originOfWrap(wrapAfterMs: number, { clock, clockRate }: RtpStreamOptions): number {
  const ticks = Math.round(((clock.nowMs() + wrapAfterMs) * clockRate) / 1000);
  return (2 ** 32 - (ticks % 2 ** 32)) % 2 ** 32;
}

const happens = (percent: number): boolean => percent > 0 && Math.random() * 100 < percent;

export class RtpStream {
  readonly #options: RtpStreamOptions;
  readonly #headerBytes: number;
  readonly #timestampOrigin: number;
  #sequence: number;
  #repetitionSequence = randomInt(2 ** 16);
  readonly #remembered = new Map<number, Buffer>();
  #delayed: Buffer | undefined;
  #packets = 0;
  #bytes = 0;
  #repeated = 0;

  constructor(options: RtpStreamOptions) {
    this.#options = options;
    this.#headerBytes = fixedHeaderBytes + (options.transportCounter ? extensionBytes : 0);
    const { wrapAfterMs = null } = options;
    this.#timestampOrigin = wrapAfterMs === null ? randomInt(2 ** 32) : originOfWrap(wrapAfterMs, options);
    this.#sequence = wrapAfterMs === null ? randomInt(2 ** 16) : 2 ** 16 - packetsToWrap;
  }

  get ssrc(): number {
    return this.#options.ssrc;
  }

  get counts(): { packets: number; bytes: number; repeated: number } {
    return { packets: this.#packets, bytes: this.#bytes, repeated: this.#repeated };
  }

  /** The payloads of one picture or sound packet; all have the same time, the last one gets the marker if asked for. */
  sendUnit(payloads: readonly Buffer[], mediaMs: number, marked: boolean, impairment: Impairment): void {
    for (const [index, payload] of payloads.entries()) {
      const packet = this.#build(payload, mediaMs, marked && index === payloads.length - 1);
      this.#packets++;
      this.#bytes += payload.length;
      this.#sendOrSpoil(packet, impairment);
    }
  }

  /** Sends again what is still remembered of these; returns how many. */
  repeat(sequences: readonly number[]): number {
    const known = sequences.map((sequence) => this.#remembered.get(sequence)).filter((packet) => packet !== undefined);
    for (const packet of known) this.#transmit(this.#options.repetition ? this.#asRepetition(packet) : packet);
    this.#repeated += known.length;
    return known.length;
  }

  sendReport(): void {
    this.#options.send(senderReport(this.#state()));
  }

  sendGoodbye(): void {
    this.#options.send(goodbye(this.#state()));
  }

  #state(): SenderState {
    const { ssrc, cname, clock } = this.#options;
    const nowMs = clock.nowMs();
    return {
      ...{ ssrc, cname, packets: this.#packets, bytes: this.#bytes },
      ...{ unixMs: clock.originUnixMs + nowMs, rtpTime: this.#rtpTime(nowMs) },
    };
  }

  #rtpTime(mediaMs: number): number {
    return (this.#timestampOrigin + Math.round((mediaMs * this.#options.clockRate) / 1000)) % 2 ** 32;
  }

  #build(payload: Buffer, mediaMs: number, marked: boolean): Buffer {
    const { payloadType, ssrc, transportCounter } = this.#options;
    const packet = Buffer.allocUnsafe(this.#headerBytes + payload.length);
    packet[0] = transportCounter ? 0x90 : 0x80;
    packet[1] = payloadType | (marked ? 0x80 : 0);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#rtpTime(mediaMs), 4);
    packet.writeUInt32BE(ssrc, 8);
    if (transportCounter) {
      packet.writeUInt16BE(oneByteExtensions, 12);
      packet.writeUInt16BE(1, 14);
      // The counter is filled in when the packet leaves; the fourth byte is padding.
      packet.writeUInt32BE(((transportCounter.extensionId << 28) | (1 << 24)) >>> 0, 16);
    }
    payload.copy(packet, this.#headerBytes);
    this.#remember(packet);
    return packet;
  }

  #remember(packet: Buffer): void {
    this.#remembered.delete((this.#sequence - rememberedPackets) & 0xffff);
    this.#remembered.set(this.#sequence, packet);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  #asRepetition(packet: Buffer): Buffer {
    const { repetition } = this.#options;
    if (!repetition) return packet;
    const original = packet.subarray(2, 4);
    const header = Buffer.from(packet.subarray(0, this.#headerBytes));
    header[1] = ((packet[1] ?? 0) & 0x80) | repetition.payloadType;
    header.writeUInt16BE(this.#repetitionSequence, 2);
    header.writeUInt32BE(repetition.ssrc, 8);
    this.#repetitionSequence = (this.#repetitionSequence + 1) & 0xffff;
    return Buffer.concat([header, original, packet.subarray(this.#headerBytes)]);
  }

  #sendOrSpoil(packet: Buffer, { packetLossPercent, reorderPercent }: Impairment): void {
    if (happens(packetLossPercent)) return;
    if (!this.#delayed && happens(reorderPercent)) {
      this.#delayed = packet;
      return;
    }
    this.#transmit(packet);
    if (this.#delayed) this.#transmit(this.#delayed);
    this.#delayed = undefined;
  }

  #transmit(packet: Buffer): void {
    const { transportCounter, send } = this.#options;
    if (transportCounter) packet.writeUInt16BE(transportCounter.next() & 0xffff, 17);
    send(packet);
  }
}

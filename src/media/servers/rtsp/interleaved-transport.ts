// RTP and RTCP between the messages of the RTSP connection itself (RFC 2326, 10.12): one write per access unit.
import type { Writable } from "node:stream";
import { framingRoom, headerStride, type ReaderOutput, type RtpBatch } from "../../hub/stream.ts";
import type { SessionTransport, TransportFactory, TransportListener } from "./session-transport.ts";
import type { TransportChoice } from "./transport-header.ts";

type Channels = readonly [rtp: number, rtcp: number];

const mostChannels = 256;

/** The channels of one connection, shared by its sessions. */
export class InterleavedTransports implements TransportFactory {
  readonly #socket: Writable;
  readonly #taken = new Set<number>();

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  accepts(choice: TransportChoice): boolean {
    return isInterleaved(choice);
  }

  create(): SessionTransport {
    return new InterleavedTransport(this.#socket, this.#taken);
  }
}

class InterleavedTransport implements SessionTransport, ReaderOutput {
  readonly isPartOfConnection = true;
  readonly #socket: Writable;
  readonly #taken: Set<number>;
  readonly #channels = new Map<number, Channels>();
  #held: (() => void)[] | undefined = [];
  #heldBytes = 0;
  #listener: TransportListener | undefined;

  constructor(socket: Writable, taken: Set<number>) {
    this.#socket = socket;
    this.#taken = taken;
  }

  accepts(choice: TransportChoice): boolean {
    return isInterleaved(choice);
  }

  setUp(track: number, choice: TransportChoice): string | undefined {
    this.remove(track);
    const channels = this.#isFree(choice.interleaved) ? choice.interleaved : this.#freePair();
    if (!channels) return undefined;
    this.#channels.set(track, channels);
    for (const channel of channels) this.#taken.add(channel);
    return `RTP/AVP/TCP;unicast;interleaved=${channels[0]}-${channels[1]}`;
  }

  remove(track: number): void {
    for (const channel of this.#channels.get(track) ?? []) this.#taken.delete(channel);
    this.#channels.delete(track);
  }

  open(listener: TransportListener): ReaderOutput {
    this.#listener = listener;
    return this;
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const write of held) write();
  }

  whenSent(callback: () => void): void {
    callback();
  }

  writeRtp(track: number, batch: RtpBatch): void {
    const channel = this.#channels.get(track)?.[0];
    if (channel === undefined) return;
    if (this.#held) {
      this.#heldBytes += batch.bytes;
      this.#held.push(() => this.#writeBatch(channel, batch));
    } else {
      this.#writeBatch(channel, batch);
    }
  }

  writeRtcp(track: number, packet: Buffer): void {
    const channel = this.#channels.get(track)?.[1];
    if (channel === undefined) return;
    if (this.#held) this.#held.push(() => this.#writePacket(channel, packet));
    else this.#writePacket(channel, packet);
  }

  get pendingBytes(): number {
    return this.#socket.writableLength + this.#heldBytes;
  }

  end(reason: Error): void {
    this.#listener?.ended(reason);
  }

  [Symbol.dispose](): void {
    for (const track of [...this.#channels.keys()]) this.remove(track);
    this.#held = undefined;
    this.#listener = undefined;
  }

  /** Corked, so that all of it is one writev; the payloads, shared with other readers, are not copied. */
  #writeBatch(channel: number, batch: RtpBatch): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    let offset = 0;
    for (const payload of batch.payloads) {
      frame(batch.headers, offset, channel, headerStride - framingRoom + payload.length);
      socket.write(batch.headers.subarray(offset, offset + headerStride));
      socket.write(payload);
      offset += headerStride;
    }
    socket.uncork();
  }

  #writePacket(channel: number, packet: Buffer): void {
    if (!this.#socket.writable) return;
    const framed = Buffer.allocUnsafe(framingRoom + packet.length);
    frame(framed, 0, channel, packet.length);
    packet.copy(framed, framingRoom);
    this.#socket.write(framed);
  }

  #isFree(channels: Channels | undefined): channels is Channels {
    return channels?.every((channel) => !this.#taken.has(channel)) ?? false;
  }

  #freePair(): Channels | undefined {
    for (let channel = 0; channel < mostChannels; channel += 2) {
      const candidate: Channels = [channel, channel + 1];
      if (this.#isFree(candidate)) return candidate;
    }
    return undefined;
  }
}

function isInterleaved(choice: TransportChoice): boolean {
  return choice.protocol === "tcp" && !choice.isMulticast && !choice.isRecording;
}

/** Writes `$`, channel and length into the room in front of a packet. */
function frame(target: Buffer, offset: number, channel: number, length: number): void {
  target[offset] = 0x24;
  target[offset + 1] = channel;
  target.writeUInt16BE(length, offset + 2);
}

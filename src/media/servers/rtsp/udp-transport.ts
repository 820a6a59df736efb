// RTP and RTCP by UDP, to the viewer's own address only: a port pair of ours, and one of the client's for each track.
import type { Clock } from "../../../foundation/clock.ts";
import { parseRtcp } from "../../formats/rtcp-parse.ts";
import { framingRoom, headerStride, type ReaderOutput, type RtpBatch } from "../../hub/stream.ts";
import { type Pace, PacedQueue } from "./paced-queue.ts";
import type { SessionTransport, TransportFactory, TransportListener } from "./session-transport.ts";
import type { TransportChoice } from "./transport-header.ts";
import type { UdpPortPair } from "./udp-port-pair.ts";

/** Lower ones are no place where a player listens. */
const lowestClientPort = 1_024;
/** A player's usual receive buffer holds some 90 packets: at 20 Mbit/s it may look away for 40 ms. */
const pace: Pace = { burstBytes: 24_000, bytesPerMs: 2_500 };

export interface UdpOptions {
  readonly ports: UdpPortPair;
  /** Of the connection's other side. */
  readonly address: string;
  readonly clock: Clock;
}

export class UdpTransports implements TransportFactory {
  readonly #options: UdpOptions;

  constructor(options: UdpOptions) {
    this.#options = options;
  }

  accepts(choice: TransportChoice): boolean {
    return isUdp(choice);
  }

  create(): SessionTransport {
    return new UdpTransport(this.#options);
  }
}

interface TrackPorts {
  readonly rtp: number;
  readonly rtcp: number;
  readonly reports: Disposable;
  hasLeft: boolean;
}

class UdpTransport implements SessionTransport, ReaderOutput {
  readonly isPartOfConnection = false;
  readonly #options: UdpOptions;
  readonly #tracks = new Map<number, TrackPorts>();
  readonly #queue: PacedQueue;
  #held: (() => void)[] | undefined = [];
  #heldBytes = 0;
  #listener: TransportListener | undefined;

  constructor(options: UdpOptions) {
    this.#options = options;
    this.#queue = new PacedQueue(options.clock, pace);
  }

  accepts(choice: TransportChoice): boolean {
    return isUdp(choice);
  }

  /** Without `source`: behind address translation ours is not the one that the client sees. */
  setUp(track: number, { clientPorts, profile }: TransportChoice): string | undefined {
    const { ports, address } = this.#options;
    if (!clientPorts || clientPorts.some((port) => port < lowestClientPort)) return undefined;
    this.remove(track);
    const [rtp, rtcp] = clientPorts;
    const reports = ports.listen(address, rtcp, (report) => this.#receive(track, report));
    if (!reports) return undefined;
    this.#tracks.set(track, { rtp, rtcp, reports, hasLeft: false });
    return `${profile};unicast;client_port=${rtp}-${rtcp};server_port=${ports.rtpPort}-${ports.rtpPort + 1}`;
  }

  remove(track: number): void {
    this.#tracks.get(track)?.reports[Symbol.dispose]();
    this.#tracks.delete(track);
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
    this.#queue.whenEmpty(callback);
  }

  writeRtp(track: number, batch: RtpBatch): void {
    if (!this.#held) {
      this.#sendBatch(track, batch);
      return;
    }
    this.#heldBytes += batch.bytes;
    this.#held.push(() => this.#sendBatch(track, batch));
  }

  writeRtcp(track: number, packet: Buffer): void {
    if (this.#held) this.#held.push(() => this.#sendReport(track, packet));
    else this.#sendReport(track, packet);
  }

  get pendingBytes(): number {
    return this.#queue.pendingBytes + this.#heldBytes + this.#options.ports.pendingBytes;
  }

  end(reason: Error): void {
    this.#listener?.ended(reason);
  }

  [Symbol.dispose](): void {
    for (const track of [...this.#tracks.keys()]) this.remove(track);
    this.#queue[Symbol.dispose]();
    this.#held = undefined;
    this.#listener = undefined;
  }

  #sendBatch(track: number, { headers, payloads }: RtpBatch): void {
    const { ports, address } = this.#options;
    const port = this.#tracks.get(track)?.rtp;
    if (port === undefined) return;
    for (const [index, payload] of payloads.entries()) {
      const header = headers.subarray(index * headerStride + framingRoom, (index + 1) * headerStride);
      this.#queue.push(header.length + payload.length, () => ports.sendRtp(header, payload, port, address));
    }
  }

  #sendReport(track: number, packet: Buffer): void {
    const { ports, address } = this.#options;
    const port = this.#tracks.get(track)?.rtcp;
    if (port !== undefined) this.#queue.push(packet.length, () => ports.sendRtcp(packet, port, address));
  }

  #receive(track: number, report: Buffer): void {
    const packets = parseRtcp(report);
    const ports = this.#tracks.get(track);
    if (packets.length === 0 || !ports) return;
    ports.hasLeft = packets.some((packet) => packet.type === "bye");
    if ([...this.#tracks.values()].every(({ hasLeft }) => hasLeft)) this.#listener?.left();
    else if (!ports.hasLeft) this.#listener?.alive();
  }
}

function isUdp(choice: TransportChoice): boolean {
  return choice.protocol === "udp" && !choice.isMulticast && !choice.isRecording;
}

// From the peer's RTP and RTCP to the sink: in order, without repeats, lost packets asked for, with sender reports.
import { type RtcpPacket, RtcpSrPacket, type RtpPacket } from "werift";
import type { Clock } from "../../foundation/clock.ts";
import type { CallRtpPacket, LiveCallSink } from "../live-call-types.ts";
import type { CallAnswer } from "./call-answer.ts";
import type { MediaKind } from "./call-peer.ts";
import { isH265 } from "./h265.ts";
import { KeyFrames } from "./key-frames.ts";
import { PacketOrder } from "./packet-order.ts";

export interface CallMediaOptions {
  readonly sink: LiveCallSink;
  readonly clock: Clock;
  readonly keyFrameSpacingMs: number;
  readonly keyFrameRepeatMs: number;
  readonly askForKeyFrame: () => void;
  readonly askForPackets: (lost: readonly number[]) => void;
  /** The video's SSRC, at its first packet and when it changes. */
  readonly onVideoSource: (ssrc: number) => void;
  readonly onFirstVideo: () => void;
  /** It is H.265 whatever the answer said. */
  readonly onH265: () => void;
}

/** Long enough for a lost packet to be asked for and sent again by a server 100 ms away; only a loss costs it. */
const videoWindowMs = 250;
const audioWindowMs = 60;
const askAgainMs = 80;
const ntpToUnixSeconds = 2_208_988_800;

export class CallMedia implements Disposable {
  readonly #options: CallMediaOptions;
  readonly #keyFrames: KeyFrames;
  #video: PacketOrder<CallRtpPacket>;
  #audio: PacketOrder<CallRtpPacket>;
  #videoSsrc: number | undefined;
  #audioSsrc: number | undefined;
  #videoPayloadType: number | undefined;
  #repeatPayloadType: number | undefined;
  #audioPayloadType: number | undefined;
  /** Monotonic ms; undefined before the first. */
  #lastVideoAt: number | undefined;
  #isOver = false;

  constructor(options: CallMediaOptions) {
    const { clock, keyFrameSpacingMs: spacingMs, keyFrameRepeatMs: repeatMs } = options;
    this.#options = options;
    this.#keyFrames = new KeyFrames({ clock, ask: options.askForKeyFrame, spacingMs, repeatMs });
    this.#video = this.#videoOrder();
    this.#audio = this.#audioOrder();
  }

  /** From here on packets are passed on. */
  begin(answer: CallAnswer): void {
    this.#videoPayloadType = answer.videoPayloadType;
    this.#repeatPayloadType = answer.videoRepeatPayloadType;
    this.#audioPayloadType = answer.audioPayloadType;
    this.#options.sink.track(answer.video);
    if (answer.audio) this.#options.sink.track(answer.audio);
  }

  get lastVideoAt(): number | undefined {
    return this.#lastVideoAt;
  }

  get hasKeyFrame(): boolean {
    return this.#keyFrames.hasKeyFrame;
  }

  requestKeyFrame(): void {
    this.#keyFrames.request();
  }

  rtp(kind: MediaKind, packet: RtpPacket): void {
    if (this.#isOver) return;
    const arrivedAtMs = this.#options.clock.monotonic();
    if (kind === "video") this.#videoRtp(packet, arrivedAtMs);
    else this.#audioRtp(packet, arrivedAtMs);
  }

  rtcp(kind: MediaKind, packet: RtcpPacket): void {
    if (this.#isOver || !(packet instanceof RtcpSrPacket)) return;
    if (packet.ssrc !== (kind === "video" ? this.#videoSsrc : this.#audioSsrc)) return;
    const { ntpTimestamp, rtpTimestamp } = packet.senderInfo;
    const seconds = Number(ntpTimestamp >> 32n) - ntpToUnixSeconds;
    const fraction = Number(ntpTimestamp & 0xffff_ffffn) / 2 ** 32;
    this.#options.sink.senderReport(kind, rtpTimestamp, (seconds + fraction) * 1000);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#keyFrames[Symbol.dispose]();
    this.#video[Symbol.dispose]();
    this.#audio[Symbol.dispose]();
  }

  #videoRtp(packet: RtpPacket, arrivedAtMs: number): void {
    const { header } = packet;
    if (header.payloadType === this.#videoPayloadType) {
      if (header.ssrc !== this.#videoSsrc) this.#videoBegins(header.ssrc);
      const isFirst = this.#lastVideoAt === undefined;
      this.#lastVideoAt = arrivedAtMs;
      this.#video.push(callPacket(packet, header.payloadType, header.sequenceNumber, packet.payload), arrivedAtMs);
      if (isFirst) this.#options.onFirstVideo();
      if (!this.#keyFrames.hasKeyFrame && isH265(packet.payload)) this.#options.onH265();
    } else if (header.payloadType === this.#repeatPayloadType && packet.payload.length > 2) {
      if (this.#videoPayloadType === undefined || this.#videoSsrc === undefined) return;
      // RFC 4588: the sequence number of the first sending stands before the payload.
      const original = packet.payload.readUInt16BE(0);
      this.#video.push(callPacket(packet, this.#videoPayloadType, original, packet.payload.subarray(2)), arrivedAtMs);
    }
  }

  #audioRtp(packet: RtpPacket, arrivedAtMs: number): void {
    const { header } = packet;
    if (header.payloadType !== this.#audioPayloadType) return;
    if (header.ssrc !== this.#audioSsrc) {
      this.#audioSsrc = header.ssrc;
      this.#audio[Symbol.dispose]();
      this.#audio = this.#audioOrder();
    }
    this.#audio.push(callPacket(packet, header.payloadType, header.sequenceNumber, packet.payload), arrivedAtMs);
  }

  #videoBegins(ssrc: number): void {
    this.#videoSsrc = ssrc;
    this.#video[Symbol.dispose]();
    this.#video = this.#videoOrder();
    this.#options.onVideoSource(ssrc);
  }

  #videoOrder(): PacketOrder<CallRtpPacket> {
    const { clock, sink, askForPackets } = this.#options;
    return new PacketOrder({
      clock,
      windowMs: videoWindowMs,
      askAgainMs,
      onMissing: askForPackets,
      deliver: (packet, arrivedAtMs) => {
        this.#keyFrames.packet(packet.payload);
        sink.packet("video", packet, arrivedAtMs);
      },
    });
  }

  #audioOrder(): PacketOrder<CallRtpPacket> {
    const { clock, sink } = this.#options;
    const deliver = (packet: CallRtpPacket, arrivedAtMs: number): void => sink.packet("audio", packet, arrivedAtMs);
    return new PacketOrder({ clock, windowMs: audioWindowMs, deliver });
  }
}

function callPacket(packet: RtpPacket, payloadType: number, sequenceNumber: number, payload: Buffer): CallRtpPacket {
  const { timestamp, marker } = packet.header;
  return { payloadType, sequenceNumber, timestamp, marker, payload };
}

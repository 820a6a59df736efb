// From the peer's RTP and RTCP to the sink: two tracks, lost packets of the picture asked for, key frames wished for.
import { type RtcpPacket, RtcpSrPacket } from "werift";
import { type Clock, every } from "../../foundation/clock.ts";
import type { LiveCallSink } from "../live-call-types.ts";
import type { CallAnswer } from "./call-answer.ts";
import type { MediaKind } from "./call-peer.ts";
import { isH265 } from "./h265.ts";
import { KeyFrames } from "./key-frames.ts";
import type { ReceptionReport } from "./reception-report.ts";
import type { IncomingPacket } from "./srtp-receiver.ts";
import { TrackIntake } from "./track-intake.ts";

export interface CallMediaOptions {
  readonly sink: LiveCallSink;
  readonly clock: Clock;
  readonly keyFrameSpacingMs: number;
  readonly keyFrameRepeatMs: number;
  readonly askForKeyFrame: () => void;
  readonly askForPackets: (lost: readonly number[]) => void;
  readonly report: (kind: MediaKind, report: ReceptionReport) => void;
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
const reportEveryMs = 1_000;

export class CallMedia implements Disposable {
  readonly #options: CallMediaOptions;
  readonly #keyFrames: KeyFrames;
  readonly #video: TrackIntake;
  readonly #audio: TrackIntake;
  readonly #reports: Disposable;
  #videoPayloadType: number | undefined;
  #repeatPayloadType: number | undefined;
  #audioPayloadType: number | undefined;
  #audioClockRate = 48_000;
  /** Monotonic ms; undefined before the first. */
  #lastVideoAt: number | undefined;
  #isOver = false;

  constructor(options: CallMediaOptions) {
    const { clock, keyFrameSpacingMs: spacingMs, keyFrameRepeatMs: repeatMs } = options;
    this.#options = options;
    this.#keyFrames = new KeyFrames({ clock, ask: options.askForKeyFrame, spacingMs, repeatMs });
    this.#video = this.#videoTrack();
    this.#audio = this.#audioTrack();
    this.#reports = every(clock, reportEveryMs, () => this.#report());
  }

  /** From here on packets are passed on. */
  begin(answer: CallAnswer): void {
    this.#videoPayloadType = answer.videoPayloadType;
    this.#repeatPayloadType = answer.videoRepeatPayloadType;
    this.#audioPayloadType = answer.audioPayloadType;
    this.#options.sink.track(answer.video);
    if (!answer.audio) return;
    this.#audioClockRate = answer.audio.clockRate;
    this.#options.sink.track(answer.audio);
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

  rtp(kind: MediaKind, packet: IncomingPacket): void {
    if (this.#isOver) return;
    const arrivedAtMs = this.#options.clock.monotonic();
    if (kind === "video") this.#videoRtp(packet, arrivedAtMs);
    else if (packet.payloadType === this.#audioPayloadType) this.#audio.packet(packet, arrivedAtMs);
  }

  rtcp(kind: MediaKind, packet: RtcpPacket): void {
    if (this.#isOver || !(packet instanceof RtcpSrPacket)) return;
    const { ntpTimestamp, rtpTimestamp } = packet.senderInfo;
    const track = kind === "video" ? this.#video : this.#audio;
    track.senderReport({ ssrc: packet.ssrc, rtpTimestamp, ntpTimestamp });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#reports[Symbol.dispose]();
    this.#keyFrames[Symbol.dispose]();
    this.#video[Symbol.dispose]();
    this.#audio[Symbol.dispose]();
  }

  #report(): void {
    const { report } = this.#options;
    const video = this.#video.receptionReport;
    const audio = this.#audio.receptionReport;
    if (video) report("video", video);
    if (audio) report("audio", audio);
  }

  #videoRtp(packet: IncomingPacket, arrivedAtMs: number): void {
    const { payloadType, payload } = packet;
    if (payloadType === this.#videoPayloadType) {
      this.#video.packet(packet, arrivedAtMs);
      // Padding alone, with which servers measure the line, is no sign of life of the camera.
      if (payload.length > 0) this.#videoLives(payload, arrivedAtMs);
    } else if (payloadType === this.#repeatPayloadType && this.#videoPayloadType !== undefined)
      this.#video.repeated(packet, this.#videoPayloadType, arrivedAtMs);
  }

  #videoLives(payload: Buffer, arrivedAtMs: number): void {
    const isFirst = this.#lastVideoAt === undefined;
    this.#lastVideoAt = arrivedAtMs;
    if (isFirst) this.#options.onFirstVideo();
    if (!this.#keyFrames.hasKeyFrame && isH265(payload)) this.#options.onH265();
  }

  #videoTrack(): TrackIntake {
    const { clock, sink, askForPackets, onVideoSource } = this.#options;
    return new TrackIntake({
      clock,
      clockRate: () => 90_000,
      windowMs: videoWindowMs,
      askAgainMs,
      onMissing: askForPackets,
      onSender: (ssrc, isAnother) => {
        onVideoSource(ssrc);
        if (isAnother) sink.restart("video");
      },
      onReport: (rtpTimestamp, senderUnixMs) => sink.senderReport("video", rtpTimestamp, senderUnixMs),
      deliver: (packet, arrivedAtMs) => {
        this.#keyFrames.packet(packet.payload);
        sink.packet("video", packet, arrivedAtMs);
      },
    });
  }

  #audioTrack(): TrackIntake {
    const { clock, sink } = this.#options;
    return new TrackIntake({
      clock,
      clockRate: () => this.#audioClockRate,
      windowMs: audioWindowMs,
      onSender: (_ssrc, isAnother) => {
        if (isAnother) sink.restart("audio");
      },
      onReport: (rtpTimestamp, senderUnixMs) => sink.senderReport("audio", rtpTimestamp, senderUnixMs),
      deliver: (packet, arrivedAtMs) => sink.packet("audio", packet, arrivedAtMs),
    });
  }
}

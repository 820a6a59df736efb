// Our WebRTC end of a call to Ring: offers H.264 and Opus at once, gathers candidates while the ticket is on its way.
import { type Observable, ReplaySubject } from "rxjs";
import {
  GenericNack,
  type RTCDtlsTransport,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  type RtcpPacket,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpTransportLayerFeedback,
} from "werift";
import type { Logger } from "../../foundation/logger.ts";
import { offeredProfile } from "./call-answer.ts";
import { keepEarlyHandshake } from "./early-handshake.ts";
import type { ReceptionReport } from "./reception-report.ts";
import type { IncomingPacket } from "./srtp-receiver.ts";
import { takeRtp } from "./take-rtp.ts";

export type MediaKind = "video" | "audio";
export type LinkState = "new" | "ice" | "dtls" | "connected" | "failed";

/** The candidate as the library passes it on to Ring. */
export interface LocalCandidate {
  readonly candidate: string;
  readonly sdpMLineIndex: number;
}

export interface CallPeerEvents {
  /** Of the video link; the audio link follows it. */
  onLink(state: LinkState): void;
  onRtp(kind: MediaKind, packet: IncomingPacket): void;
  onRtcp(kind: MediaKind, packet: RtcpPacket): void;
}

/** werift asks the first one only. */
const stunServer = "stun:stun.kinesisvideo.us-east-1.amazonaws.com:443";
const mostCandidates = 64;

export class CallPeer {
  readonly candidates: Observable<LocalCandidate>;
  readonly #candidates = new ReplaySubject<LocalCandidate>(mostCandidates);
  readonly #peer: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  readonly #audio: RTCRtpTransceiver;
  readonly #logger: Logger;
  readonly #offer: Promise<string>;
  #closing: Promise<void> | undefined;
  #videoSsrc = 0;

  constructor(events: CallPeerEvents, logger: Logger) {
    this.#logger = logger;
    this.candidates = this.#candidates.asObservable();
    this.#peer = new RTCPeerConnection({
      codecs: { audio: audioCodecs(), video: videoCodecs() },
      iceServers: [{ urls: stunServer }],
      iceStunGatherTimeout: 3,
      // The form that Ring is known to answer: one transport for each kind.
      bundlePolicy: "disable",
    });
    this.#audio = this.#peer.addTransceiver("audio", { direction: "sendrecv" });
    this.#video = this.#peer.addTransceiver("video", { direction: "recvonly" });
    this.#peer.onIceCandidate.subscribe((candidate) => {
      if (!candidate?.candidate) return;
      this.#candidates.next({ candidate: candidate.candidate, sdpMLineIndex: candidate.sdpMLineIndex ?? 0 });
    });
    this.#offer = this.#makeOffer(events);
    // Whoever asks for the offer hears of the failure.
    this.#offer.catch(() => undefined);
  }

  /** Ready without any candidate: those follow one by one. */
  get offer(): Promise<string> {
    return this.#offer;
  }

  async acceptAnswer(sdp: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
  }

  /** A candidate that we cannot read is one path less, no more. */
  async addCandidate(candidate: string, sdpMLineIndex: number): Promise<void> {
    try {
      await this.#peer.addIceCandidate({ candidate, sdpMLineIndex });
    } catch (error) {
      this.#logger.debug("an ICE candidate of Ring is not usable", error);
    }
  }

  askForKeyFrame(): void {
    const { receiver } = this.#video;
    receiver.sendRtcpPLI(this.#videoSsrc).catch((error: unknown) => this.#logger.debug("PLI not sent", error));
  }

  askForPackets(lost: readonly number[]): void {
    const { receiver } = this.#video;
    const feedback = new GenericNack({
      senderSsrc: receiver.rtcpSsrc,
      mediaSourceSsrc: this.#videoSsrc,
      lost: [...lost],
    });
    receiver.dtlsTransport
      .sendRtcp([new RtcpTransportLayerFeedback({ feedback })])
      .catch((error: unknown) => this.#logger.debug("NACK not sent", error));
  }

  report(kind: MediaKind, report: ReceptionReport): void {
    const { receiver } = kind === "video" ? this.#video : this.#audio;
    const { ssrc, fractionLost, packetsLost, highestSequence, jitter } = report;
    const { lastSenderReport: lsr, delaySinceSenderReport: dlsr } = report;
    const info = new RtcpReceiverInfo({ ssrc, fractionLost, packetsLost, highestSequence, jitter, lsr, dlsr });
    receiver.dtlsTransport
      .sendRtcp([new RtcpRrPacket({ ssrc: receiver.rtcpSsrc, reports: [info] })])
      .catch((error: unknown) => this.#logger.debug("receiver report not sent", error));
  }

  /** The SSRC that feedback is about. */
  set videoSsrc(ssrc: number) {
    this.#videoSsrc = ssrc;
  }

  close(): Promise<void> {
    this.#closing ??= this.#peer.close().catch((error: unknown) => {
      this.#logger.debug("the WebRTC peer did not close cleanly", error);
    });
    return this.#closing;
  }

  async #makeOffer(events: CallPeerEvents): Promise<string> {
    const offer = await this.#peer.createOffer();
    this.#listen("audio", this.#audio.receiver.dtlsTransport, events);
    this.#listen("video", this.#video.receiver.dtlsTransport, events);
    // Resolves when all candidates are gathered: a STUN server that does not answer must not hold up the call.
    this.#peer.setLocalDescription(offer).catch((error: unknown) => {
      this.#logger.debug("gathering of ICE candidates failed", error);
    });
    return offer.sdp;
  }

  #listen(kind: MediaKind, transport: RTCDtlsTransport, events: CallPeerEvents): void {
    keepEarlyHandshake(transport);
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") takeRtp(transport, (packet) => events.onRtp(kind, packet));
    });
    transport.onRtcp.subscribe((packet) => events.onRtcp(kind, packet));
    if (kind !== "video") return;
    transport.iceTransport.onStateChange.subscribe((state) => {
      if (state === "checking") events.onLink("ice");
      // werift says "completed" when gathering is over, connected or not.
      if (state === "connected") events.onLink("dtls");
      if (state === "failed") events.onLink("failed");
    });
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") events.onLink("connected");
      if (state === "failed") events.onLink("failed");
    });
  }
}

function audioCodecs(): RTCRtpCodecParameters[] {
  return [
    new RTCRtpCodecParameters({ mimeType: "audio/opus", clockRate: 48_000, channels: 2, payloadType: 96 }),
    new RTCRtpCodecParameters({ mimeType: "audio/PCMU", clockRate: 8_000, channels: 1, payloadType: 0 }),
  ];
}

function videoCodecs(): RTCRtpCodecParameters[] {
  return [
    new RTCRtpCodecParameters({
      mimeType: "video/H264",
      clockRate: 90_000,
      payloadType: 98,
      rtcpFeedback: [
        { type: "transport-cc" },
        { type: "ccm", parameter: "fir" },
        { type: "nack" },
        { type: "nack", parameter: "pli" },
        { type: "goog-remb" },
      ],
      parameters: `packetization-mode=1;profile-level-id=${offeredProfile};level-asymmetry-allowed=1`,
    }),
    new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000, payloadType: 99, parameters: "apt=98" }),
  ];
}

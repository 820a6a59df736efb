// The media of one call: negotiation, one transport per section (or one for a BUNDLE), senders, and what receivers ask for.
import { randomBytes } from "node:crypto";
import type { LiveMedia } from "./live-media.ts";
import { MediaPeer } from "./media-peer.ts";
import { type AcceptedMedia, type Negotiation, negotiate } from "./negotiation.ts";
import { type Feedback, isRtcp, parseFeedback, parseReports, type ReceptionReport } from "./rtcp.ts";
import { RtpStream } from "./rtp-stream.ts";
import { type TransportDescription, writeAnswer } from "./sdp-answer.ts";
import { parseOffer } from "./sdp-offer.ts";
import { TrackSender, type TrackSenderContext, type TrackSource } from "./track-sender.ts";
import { AudioSource, VideoSource } from "./track-sources.ts";

export interface CallMediaContext extends Omit<TrackSenderContext, "addListener"> {
  readonly liveMedia: LiveMedia;
  /** All transports of the call have finished DTLS. */
  onConnected(): void;
  onFailure(cause: unknown): void;
}

interface Section {
  readonly media: AcceptedMedia;
  readonly peer: MediaPeer;
  readonly stream: RtpStream;
  sender?: TrackSender;
  video?: VideoSource;
  keyFrameOnItsWay: boolean;
  receivedPackets: number;
  reports: number;
  lastReport?: ReceptionReport;
}

export interface MediaTotals {
  readonly [kind: string]: {
    packets: number;
    bytes: number;
    repeated: number;
    received: number;
    /** How many the client sent of it, and the last one. */
    reports: number;
    lastReport: ReceptionReport | undefined;
  };
}

export class CallMedia implements Disposable {
  readonly #context: CallMediaContext;
  readonly #negotiation: Negotiation;
  readonly #cname = randomBytes(8).toString("hex");
  readonly #peers: MediaPeer[] = [];
  readonly #sections: Section[] = [];
  #connected = 0;

  /** Throws if the offer cannot be read. */
  constructor(context: CallMediaContext, offerSdp: string) {
    this.#context = context;
    this.#negotiation = negotiate(parseOffer(offerSdp), context.knobs());
  }

  get transcoding(): boolean {
    return this.#negotiation.transcoding;
  }

  /** False if nothing of the offer can be served. */
  get isUsable(): boolean {
    return this.#negotiation.accepted.some(({ kind }) => kind === "video");
  }

  get totals(): MediaTotals {
    return Object.fromEntries(
      this.#sections.map(({ media, stream, receivedPackets: received, reports, lastReport }) => [
        media.kind,
        { ...stream.counts, received, reports, lastReport },
      ]),
    );
  }

  /** Opens the transports; resolves with the SDP answer. */
  async answer(): Promise<string> {
    const { deadIce, deadDtls } = this.#context.knobs();
    const descriptions = new Map<AcceptedMedia, TransportDescription>();
    for (const group of this.#transportGroups()) {
      const peer = this.#openPeer(group);
      const described = await peer.answer();
      const told = deadDtls ? { ...described, setup: "active" } : described;
      for (const media of group) descriptions.set(media, deadIce ? unreachable(told) : told);
    }
    return writeAnswer({
      negotiation: this.#negotiation,
      cname: this.#cname,
      transportOf: (media) => {
        const description = descriptions.get(media);
        if (!description) throw new Error(`section ${media.offered.mid} has no transport`);
        return description;
      },
    });
  }

  /** The client can be reached there, for the section with that index. */
  probe(candidate: string, index: number): void {
    this.#sections.find(({ media }) => media.offered.index === index)?.peer.probe(candidate);
  }

  setEnabled(kind: string, enabled: boolean): void {
    for (const { media, sender } of this.#sections) if (media.kind === kind && sender) sender.enabled = enabled;
  }

  [Symbol.dispose](): void {
    for (const section of this.#sections) if (section.sender) section.stream.sendGoodbye();
    for (const peer of this.#peers) peer[Symbol.dispose]();
  }

  #transportGroups(): AcceptedMedia[][] {
    const { offer, accepted } = this.#negotiation;
    const isBundled = ({ offered }: AcceptedMedia) => offer.bundled.includes(offered.mid);
    const bundle = accepted.filter(isBundled);
    return [
      ...(bundle.length > 0 ? [bundle] : []),
      ...accepted.filter((media) => !isBundled(media)).map((one) => [one]),
    ];
  }

  #openPeer(group: readonly AcceptedMedia[]): MediaPeer {
    const peer = new MediaPeer({
      ...{ negotiation: this.#negotiation, media: group, cname: this.#cname },
      waitsForHandshake: this.#context.knobs().deadDtls,
      onConnected: () => this.#startGroup(group),
      onPacket: (media, packet) => this.#receive(media, packet),
    });
    this.#peers.push(peer);
    let counter = 0;
    const next = () => counter++;
    for (const media of group) this.#sections.push(this.#openSection(media, peer, next));
    return peer;
  }

  #openSection(media: AcceptedMedia, peer: MediaPeer, next: () => number): Section {
    const { codec, ssrc, repetition, offered } = media;
    const stream = new RtpStream({
      ...{ ssrc, payloadType: codec.payloadType, clockRate: codec.clockRate, cname: this.#cname },
      ...(repetition ? { repetition } : {}),
      ...(offered.transportCounterId ? { transportCounter: { extensionId: offered.transportCounterId, next } } : {}),
      clock: this.#context.liveMedia.pacer,
      wrapAfterMs: this.#context.knobs().rtpWrapAfterMs,
      send: (packet) => peer.send(media, packet),
    });
    return { media, peer, stream, keyFrameOnItsWay: false, receivedPackets: 0, reports: 0 };
  }

  #startGroup(group: readonly AcceptedMedia[]): void {
    for (const section of this.#sections.filter(({ media }) => group.includes(media))) {
      this.#startSection(section).catch((cause: unknown) => this.#context.onFailure(cause));
    }
    if (++this.#connected === this.#peers.length) this.#context.onConnected();
  }

  async #startSection(section: Section): Promise<void> {
    const { media, stream } = section;
    if (media.direction !== "sendrecv" && media.direction !== "sendonly") return;
    const { pacer } = this.#context.liveMedia;
    const sender = new TrackSender({ ...this.#context, addListener: (one) => pacer.add(one) }, media, stream);
    section.sender = sender;
    await sender.start(() => this.#loadSource(section));
  }

  async #loadSource(section: Section): Promise<TrackSource> {
    const { kind, codec } = section.media;
    const { liveMedia, knobs } = this.#context;
    if (kind === "audio") {
      const { opus, pcmu } = await liveMedia.audio();
      return new AudioSource(codec.name === "PCMU" ? pcmu : opus);
    }
    const isH265 = codec.name === "H265" || knobs().videoCodec === "h265-disguised";
    const loop = await liveMedia.video(isH265 ? "h265" : "h264");
    section.video = new VideoSource(loop, { withoutKeyFrames: knobs().withoutKeyFrames });
    return section.video;
  }

  #receive(media: AcceptedMedia, packet: Buffer): void {
    const section = this.#sections.find((one) => one.media === media);
    if (!section || this.#context.signal.aborted) return;
    if (!isRtcp(packet)) {
      this.#countTalk(section);
      return;
    }
    for (const report of parseReports(packet)) this.#note(report);
    for (const feedback of parseFeedback(packet)) this.#obey(feedback);
  }

  /** By SSRC: over one transport RTCP of all sections may come together. */
  #sectionOf(ssrc: number): Section | undefined {
    return this.#sections.find(({ stream, media }) => stream.ssrc === ssrc || media.repetition?.ssrc === ssrc);
  }

  #note(report: ReceptionReport): void {
    const section = this.#sectionOf(report.ssrc);
    const { journal, details } = this.#context;
    if (!section) journal.violation("an RTCP report on a stream that does not exist", { ...details, ...report });
    else if (section.stream.ssrc === report.ssrc) {
      section.reports++;
      section.lastReport = report;
    }
  }

  #obey(feedback: Feedback): void {
    const section = this.#sectionOf(feedback.ssrc);
    const { journal, details } = this.#context;
    if (!section) {
      journal.violation("RTCP feedback for a stream that does not exist", { ...details, ...feedback });
      return;
    }
    if (feedback.kind === "nack") {
      // Repetitions are not repeated.
      const repeated = section.stream.ssrc === feedback.ssrc ? section.stream.repeat(feedback.sequences) : 0;
      journal.record("live.nack", { ...details, media: section.media.kind, lost: feedback.sequences.length, repeated });
      return;
    }
    journal.record("live.pli", { ...details, form: feedback.form });
    this.#sendKeyFrame(section).catch((cause: unknown) => this.#context.onFailure(cause));
  }

  async #sendKeyFrame(section: Section): Promise<void> {
    if (section.keyFrameOnItsWay) return;
    section.keyFrameOnItsWay = true;
    const { holds, knobs } = this.#context;
    await holds.pause("key-frame", knobs().keyFrameDelayMs);
    section.keyFrameOnItsWay = false;
    section.video?.requestKeyFrame();
  }

  #countTalk(section: Section): void {
    if (section.receivedPackets++ > 0) return;
    const { journal, details } = this.#context;
    journal.record("live.talk-started", { ...details, media: section.media.kind });
  }
}

/** Credentials and a port of nobody: the client's checks are never answered. */
function unreachable(description: TransportDescription): TransportDescription {
  return { ...description, candidates: [{ address: "127.0.0.1", port: 9 }] };
}

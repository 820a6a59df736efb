// The media of one stream: takes the packets of the source, makes units of them and serves every reader.
import type { Clock } from "../../foundation/clock.ts";
import type { Logger } from "../../foundation/logger.ts";
import { parseSps, type SpsInfo } from "../formats/h264-sps.ts";
import { payloadTypes } from "../formats/payload-type.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { AacTrack } from "../formats/track.ts";
import { AacFeed, ticksPerInput } from "./aac-feed.ts";
import { AudioTrack, audioClockRates } from "./audio-track.ts";
import type { AudioTranscoderFactory } from "./audio-transcoder.ts";
import { HubReader, type ReaderContext } from "./hub-reader.ts";
import { type KeyFrame, keyFrameOf } from "./key-frame.ts";
import type { KnownTracks } from "./known-tracks.ts";
import type { MediaSink, SourceTrack, SourceTrackKind } from "./media-source.ts";
import type { PlayedTrack } from "./played-tracks.ts";
import { ReaderSet } from "./reader-set.ts";
import { ReceivedCounter, type ReceivedMedia } from "./received-media.ts";
import { backlogLimitBytes } from "./slow-reader-policy.ts";
import type { ReaderOutput } from "./stream.ts";
import type { ClockReport, SenderOffset } from "./track-clock.ts";
import { trackNumbers } from "./track-numbers.ts";
import { VideoTrack } from "./video-track.ts";

const keyFrameRequestEveryMs = 500;
const oldGroupMs = 2_000;
/** Of pictures without sound: then there is none. */
const silentTicks = 5;
/** Programs that pull for readers of their own (go2rtc, MediaMTX) have those only a moment later, when the beginning is over. */
const secondKeyFrameMs = 1_000;

export interface StreamMediaOptions {
  readonly transcoder: AudioTranscoderFactory | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Asks the running source, if there is one. */
  readonly requestKeyFrame: () => void;
  /** Something of `known` has changed. */
  readonly onKnown: () => void;
}

/** One source's way in; packets after `close` are ignored. */
export interface SourceEntrance {
  readonly sink: MediaSink;
  /** Resolves with the first key frame. */
  readonly keyFrameSeen: Promise<void>;
  close(): void;
}

export class StreamMedia {
  readonly #options: StreamMediaOptions;
  readonly #readers: ReaderSet;
  readonly #aac: AacFeed;
  readonly #context: Omit<ReaderContext, "onOver">;
  #video = this.#newVideo();
  #audio: AudioTrack<"opus" | "pcmu"> | undefined;
  /** AAC that the source brings; then none is made. */
  #sourceAac: { readonly format: AacTrack; readonly track: AudioTrack<"aac"> } | undefined;
  #received = new ReceivedCounter();
  #hasSound: boolean | undefined;
  #ticksWithoutSound = 0;
  #sps: SpsInfo | undefined;
  #announcedProfile: string | undefined;
  #entrance: { onKeyFrame: () => void } | undefined;
  #unixOffsetMs = 0;
  #backlogLimitBytes = backlogLimitBytes(0);
  #keyFrameRequestedAtMs = Number.NEGATIVE_INFINITY;
  #secondKeyFrame: Disposable | undefined;

  constructor(options: StreamMediaOptions) {
    this.#options = options;
    this.#readers = new ReaderSet(options.logger);
    this.#aac = new AacFeed({
      ...options,
      factory: options.transcoder,
      onUnit: (unit) => this.#readers.sendAudio(trackNumbers.aac, unit),
    });
    this.#context = {
      monotonicMs: () => options.clock.monotonic(),
      unixMs: (track, timestamp) => this.#unixMs(track, timestamp),
      backlogLimitBytes: () => this.#backlogLimitBytes,
      requestKeyFrame: () => this.#requestKeyFrame(),
      onRemoved: () => this.#updateAacDemand(),
    };
    this.begin();
  }

  get known(): KnownTracks {
    return {
      parameterSets: this.#video.parameterSets,
      profileLevelId: this.#sps?.profileLevelId ?? this.#announcedProfile,
      audioCodec: this.#audio?.codec,
      hasSound: this.#hasSound,
      aac: this.#sourceAac?.format,
    };
  }

  get size(): { readonly width: number | undefined; readonly height: number | undefined } {
    return { width: this.#sps?.width, height: this.#sps?.height };
  }

  get lastKeyFrame(): KeyFrame | undefined {
    return keyFrameOf(this.#video.group, this.#options.clock.monotonic());
  }

  get received(): ReceivedMedia {
    return {
      videoCodec: this.#video.parameterSets || this.#announcedProfile ? "h264" : undefined,
      profileLevelId: this.known.profileLevelId,
      ...this.size,
      fps: this.#received.fps,
      bitsPerSecond: this.#received.bitsPerSecond,
      audioCodec: this.#audio?.codec,
      packets: this.#received.packets,
      packetsLost: this.#video.numbering.lost + (this.#audio?.numbering.lost ?? 0),
    };
  }

  /** A new activation: nothing of an earlier one is known, and no reader has been sent anything. */
  begin(): void {
    this.#video = this.#newVideo();
    this.#audio = undefined;
    this.#sourceAac = undefined;
    this.#aac.reset();
    this.#hasSound = undefined;
    this.#ticksWithoutSound = 0;
    this.#sps = undefined;
    this.#announcedProfile = undefined;
    this.#received = new ReceivedCounter();
    this.#backlogLimitBytes = backlogLimitBytes(0);
    this.#unixOffsetMs = this.#options.clock.now() - this.#options.clock.monotonic();
  }

  /** Opens the way in for a source; what another one sends from now on is ignored. Numbers and times go on. */
  openEntrance(): SourceEntrance {
    const seen = Promise.withResolvers<void>();
    const entrance = { onKeyFrame: seen.resolve };
    const offset: SenderOffset = { ms: undefined };
    const isOpen = (): boolean => this.#entrance === entrance;
    this.#restartTracks();
    this.#entrance = entrance;
    const sink: MediaSink = {
      track: (track) => isOpen() && this.#takeTrack(track),
      silent: () => isOpen() && this.#hear(false),
      restart: (kind) => isOpen() && this.#restartTrack(kind),
      packet: (kind, packet, arrivedAtMs) => isOpen() && this.#takePacket(kind, packet, arrivedAtMs),
      senderReport: (kind, timestamp, senderMs) => isOpen() && this.#takeReport(kind, { timestamp, senderMs, offset }),
    };
    const close = (): void => {
      if (!isOpen()) return;
      this.#entrance = undefined;
      this.#secondKeyFrame?.[Symbol.dispose]();
      this.#restartTracks();
    };
    return { sink, keyFrameSeen: seen.promise, close };
  }

  /** Starts a playback: from the kept group of pictures, or from the next key frame. */
  addReader(
    tracks: readonly PlayedTrack[],
    output: ReaderOutput,
    onOver: (reader: HubReader, error: Error | undefined) => void,
  ): HubReader {
    const forget = (left: HubReader, error: Error | undefined): void => {
      this.#readers.remove(left);
      this.#updateAacDemand();
      onOver(left, error);
    };
    const reader = new HubReader({ tracks, output, context: { ...this.#context, onOver: forget } });
    this.#readers.add(reader);
    this.#updateAacDemand();
    this.#readers.guard(reader, () => this.#join(reader));
    return reader;
  }

  /** Once a second while there is a source or a reader. */
  tick(): void {
    const nowMs = this.#options.clock.monotonic();
    this.#video.clock.slew(nowMs);
    this.#audio?.clock.slew(nowMs);
    this.#sourceAac?.track.clock.slew(nowMs);
    this.#received.tick(nowMs);
    if (this.#hasSound === undefined && this.#received.fps > 0 && ++this.#ticksWithoutSound >= silentTicks)
      this.#hear(false);
    this.#backlogLimitBytes = backlogLimitBytes(this.#received.bitsPerSecond);
    this.#readers.tick(nowMs);
  }

  endReader(reader: HubReader, error: Error): void {
    this.#readers.guard(reader, () => reader.end(error));
  }

  /** Nothing runs on. The readers have been ended before. */
  async close(): Promise<void> {
    this.#entrance = undefined;
    this.#restartTracks();
    await this.#aac.close();
  }

  /** The source is gone and no other follows at once. */
  rest(): void {
    this.#aac.stop();
    this.#received.restart();
  }

  #newVideo(): VideoTrack {
    return new VideoTrack({
      unit: (unit) => {
        this.#received.frames++;
        if (unit.isKeyFrame) this.#entrance?.onKeyFrame();
        this.#readers.sendVideo(unit);
      },
      parameterSets: (sets) => {
        this.#sps = parseSps(sets.sps);
        this.#options.onKnown();
      },
      needsKeyFrame: () => this.#requestKeyFrame(),
    });
  }

  #restartTracks(): void {
    for (const kind of ["video", "audio", "aac"] as const) this.#restartTrack(kind);
    this.#received.restart();
  }

  /** Its readers go on with the numbers and times that they have. */
  #restartTrack(kind: SourceTrackKind): void {
    if (kind === "audio") this.#audio?.restart();
    else if (kind === "aac") this.#sourceAac?.track.restart();
    else {
      this.#video.restart();
      this.#readers.awaitKeyFrame();
    }
  }

  #takeTrack(track: SourceTrack): void {
    if (track.kind === "video") {
      this.#announcedProfile = track.profileLevelId;
      if (track.parameterSets) this.#video.learn(track.parameterSets);
    } else if (track.codec === "aac") {
      this.#sourceAac = { format: track, track: new AudioTrack("aac", track.clockRate, this.#sourceAac?.track) };
      this.#updateAacDemand();
    } else if (this.#audio?.codec !== track.codec)
      this.#audio = new AudioTrack(track.codec, audioClockRates[track.codec], this.#audio);
    this.#options.onKnown();
  }

  #takePacket(kind: SourceTrackKind, packet: RtpPacket, arrivedAtMs: number): void {
    this.#received.packets++;
    this.#received.bytes += packet.payload.length;
    if (kind === "video") this.#video.accept(packet, arrivedAtMs);
    else if (kind === "aac") this.#takeAac(packet, arrivedAtMs);
    else this.#takeAudio(packet, arrivedAtMs);
  }

  #hear(hasSound: boolean): void {
    if (this.#hasSound === hasSound) return;
    this.#hasSound = hasSound;
    this.#options.onKnown();
  }

  #takeReport(kind: SourceTrackKind, report: ClockReport): void {
    if (kind === "video") this.#video.clock.senderReport(report, this.#readers.someWasSent(trackNumbers.video));
    else if (kind === "aac")
      this.#sourceAac?.track.clock.senderReport(report, this.#readers.someWasSent(trackNumbers.aac));
    else {
      // AAC that is made here lies on the timeline of the audio it is made of.
      const isHeardAsAac = !this.#sourceAac && this.#readers.someWasSent(trackNumbers.aac);
      this.#audio?.clock.senderReport(report, isHeardAsAac || this.#readers.someWasSent(trackNumbers.audio));
    }
  }

  #takeAudio(packet: RtpPacket, arrivedAtMs: number): void {
    if (!this.#audio) this.#takeTrackOfPacket(packet);
    const unit = this.#audio?.accept(packet, arrivedAtMs);
    if (!unit || !this.#audio) return;
    this.#hear(true);
    this.#readers.sendAudio(trackNumbers.audio, unit);
    if (!this.#sourceAac) this.#aac.write(this.#audio.codec, unit);
  }

  #takeAac(packet: RtpPacket, arrivedAtMs: number): void {
    const unit = this.#sourceAac?.track.accept(packet, arrivedAtMs);
    if (!unit) return;
    this.#hear(true);
    this.#readers.sendAudio(trackNumbers.aac, unit);
  }

  /** Sound from a source that has not said what it is: the payload type tells. */
  #takeTrackOfPacket(packet: RtpPacket): void {
    const codec = packet.payloadType === payloadTypes.pcmu ? "pcmu" : "opus";
    this.#audio = new AudioTrack(codec, audioClockRates[codec]);
    this.#options.onKnown();
  }

  #join(reader: HubReader): void {
    if (!reader.plays(trackNumbers.video)) return;
    const { group } = this.#video;
    const hasBegun = reader.join(group.units);
    const { clock } = this.#options;
    if (!hasBegun || group.ageMs(clock.monotonic()) > oldGroupMs) this.#requestKeyFrame();
    this.#secondKeyFrame?.[Symbol.dispose]();
    this.#secondKeyFrame = clock.after(secondKeyFrameMs, () => this.#requestKeyFrame());
  }

  #updateAacDemand(): void {
    this.#aac.setWanted(!this.#sourceAac && this.#readers.somePlays(trackNumbers.aac));
  }

  #requestKeyFrame(): void {
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#keyFrameRequestedAtMs < keyFrameRequestEveryMs || !this.#entrance) return;
    this.#keyFrameRequestedAtMs = nowMs;
    this.#options.requestKeyFrame();
  }

  /** The one clock of all sender reports. */
  #unixMs(track: number, timestamp: number): number {
    if (track === trackNumbers.video) return this.#unixOffsetMs + this.#video.clock.monotonicAt(timestamp);
    if (track === trackNumbers.aac && this.#sourceAac)
      return this.#unixOffsetMs + this.#sourceAac.track.clock.monotonicAt(timestamp);
    if (!this.#audio) return this.#options.clock.now();
    const ticks = track === trackNumbers.aac ? timestamp / ticksPerInput(this.#audio.codec) : timestamp;
    return this.#unixOffsetMs + this.#audio.clock.monotonicAt(ticks);
  }
}

// What a stream path opens when somebody wants to see it: a Ring call, a recording, later an IP camera.
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { AacTrack, H264Track, OpusTrack, PcmuTrack } from "../formats/track.ts";

/** `aac`: sound that a source brings in AAC, beside or instead of the other; its packets carry mpeg4-generic payloads. */
export type SourceTrackKind = "video" | "audio" | "aac";
export type SourceTrack = H264Track | OpusTrack | PcmuTrack | AacTrack;

/** Where a source delivers. All calls are synchronous and must not throw. */
export interface MediaSink {
  /** What a track carries; before its first packet, and again if it changes (a codec that we cannot carry is an error of the session). */
  track(track: SourceTrack): void;
  /** It has no sound, and will have none. */
  silent(): void;
  /** The track goes on from another sender: its next packet has nothing to do with the numbers and times before it. */
  restart(kind: SourceTrackKind): void;
  /** One packet in the order of arrival; `arrivedAtMs` is monotonic (Clock.monotonic). The packet and its payload are given away. */
  packet(kind: SourceTrackKind, packet: RtpPacket, arrivedAtMs: number): void;
  /**
   * An RTCP sender report: this RTP timestamp was sampled at this wall clock time of the sender (Unix ms). One that comes
   * before the packets that it is about says where they belong.
   */
  senderReport(kind: SourceTrackKind, rtpTimestamp: number, senderUnixMs: number): void;
}

/** An open source. It ends by itself (then `ended` resolves) or by `close`; both are final. */
export interface MediaSession extends AsyncDisposable {
  /** Resolves when it is over, with the error that ended it, or undefined where it was closed or came to its natural end. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Asks for an IDR; cheap, may be called often (the session limits the rate). */
  requestKeyFrame(): void;
  /** Hangs up; `Symbol.asyncDispose` does the same and waits until it is really over. */
  close(): void;
}

export interface MediaSource {
  /**
   * Opens it. Resolves as soon as the other side has accepted (tracks may follow); packets may reach the sink before that.
   * Rejects with an AppError whose code names the step that failed (`call.ticket`, `call.answer`, ...); aborting the signal hangs up.
   */
  open(sink: MediaSink, signal: AbortSignal): Promise<MediaSession>;
}

/** Under which kind a track's packets are delivered. */
export function kindOfTrack(track: SourceTrack): SourceTrackKind {
  if (track.kind === "video") return "video";
  return track.codec === "aac" ? "aac" : "audio";
}

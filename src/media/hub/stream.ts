// What servers see of the hub. A server finds a stream by its path, describes it, takes a lease for a viewer and plays it.
import type { Track } from "../formats/track.ts";

/** Who watches. */
export interface Viewer {
  readonly kind: "rtsp" | "webrtc" | "hls" | "mediamtx" | "manual";
  /** IP address, without port; empty for viewers without a socket. */
  readonly address: string;
  readonly userAgent: string;
}

export interface StreamDirectory {
  /** The stream at a path such as `54e019aabbcc_live`, or undefined. */
  find(path: string): Stream | undefined;
}

export interface Stream {
  readonly path: string;
  /**
   * The tracks, in the order H.264, AAC (where it can be made), Opus (or PCMU); a track's index is its number in SDP. From memory at once and without
   * starting anything; where nothing is remembered the source is started and asked, for at most 2.5 s.
   * Rejects with a StreamRefusedError as `lease` throws it.
   */
  describe(viewer: Viewer, signal: AbortSignal): Promise<readonly Track[]>;
  /**
   * Somebody wants this stream from now on: starts the source if need be. Throws StreamRefusedError (locked, budget, offline).
   * `described` is what this viewer was told by `describe`; if the camera turns out to send something else, the lease ends.
   */
  lease(viewer: Viewer, described?: readonly Track[]): StreamLease;
}

/** One viewer's claim. Dispose it when the viewer leaves. */
export interface StreamLease extends Disposable {
  /** Aborts when the stream is over for this viewer: failed, switched off, limit reached, or described wrongly. The reason is an AppError. */
  readonly ended: AbortSignal;
  /** Sends the tracks with these numbers to the output, from the kept key frame on. Once per lease. */
  play(tracks: readonly number[], output: ReaderOutput): Reader;
}

/** A viewer's running playback. Dispose it to stop; the lease stays. */
export interface Reader extends Disposable {
  /** The first sequence number of each played track, as announced in RTP-Info. */
  readonly tracks: readonly { readonly track: number; readonly firstSequenceNumber: number }[];
  /** Nothing is sent while paused; resumes at the next key frame. */
  pause(): void;
  resume(): void;
  /** The viewer has given up this track: nothing more of it is sent. */
  remove(track: number): void;
}

/** Bytes in front of every RTP header that an output may use for its own framing (RTSP interleaved: `$`, channel, length). */
export const framingRoom = 4;
/** Room, then the 12 bytes of an RTP header without extensions. */
export const headerStride = framingRoom + 12;

/**
 * Packets that belong together: an access unit, or one audio packet. `headers` holds `headerStride` bytes for each packet and
 * belongs to this reader; `payloads[i]` follows header i, is shared with other readers and must not be changed.
 */
export interface RtpBatch {
  readonly headers: Buffer;
  readonly payloads: readonly Buffer[];
  /** All bytes on the wire without framing. */
  readonly bytes: number;
}

/** The transport of one reader; implemented by servers. */
export interface ReaderOutput {
  /** Sends now, in one write. Called synchronously on the path of every access unit. */
  writeRtp(track: number, batch: RtpBatch): void;
  /** A compound RTCP packet. */
  writeRtcp(track: number, packet: Buffer): void;
  /** Others get it from there, later: it may be sent nothing whose time is not its own. */
  readonly isPassedOn?: boolean;
  /** Accepted but not yet taken by the network. The hub skips to the next key frame beyond a bound. */
  readonly pendingBytes: number;
  /** The hub is done with this reader: too slow for too long, or the stream is over (RTCP BYE was written before). */
  end(reason: Error): void;
}

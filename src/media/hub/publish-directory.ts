// What a server needs to let somebody publish: a place for the path, and a session that takes the packets.
import { PermanentError } from "../../foundation/errors.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { SourceTrack, SourceTrackKind } from "./media-source.ts";

export interface PublishDirectory {
  /**
   * Somebody wants to publish these tracks (one of each kind at most) at a path. Throws PublishRefusedError: nobody waits
   * for a publisher there, there is one already, or the tracks are not usable.
   */
  open(path: string, tracks: readonly SourceTrack[]): PublishSession;
}

export interface PublishSession {
  /** Aborts when nobody wants it any more: hang up the publisher. */
  readonly unwanted: AbortSignal;
  packet(kind: SourceTrackKind, packet: RtpPacket, arrivedAtMs: number): void;
  senderReport(kind: SourceTrackKind, rtpTimestamp: number, senderUnixMs: number): void;
  /** The publisher has left: in order, or because of this error. Once; may also be called after `unwanted`. */
  close(error?: Error): void;
}

export type PublishRefusal = "unknown" | "taken" | "unusable";

export class PublishRefusedError extends PermanentError {
  readonly refusal: PublishRefusal;

  constructor(refusal: PublishRefusal, message: string) {
    super("publish.refused", message);
    this.refusal = refusal;
  }
}

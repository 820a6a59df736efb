// What the hub needs to make AAC of the camera's audio; implemented with FFmpeg in media/ffmpeg.
import type { RtpPacket } from "../formats/rtp-packet.ts";

export interface AudioTranscoder extends AsyncDisposable {
  /** One packet of the source, in order; lost packets show as a gap in timestamps and are filled with silence. */
  write(packet: RtpPacket): void;
  /** Resolves when it ended, with the error if it was not closed by us. Never rejects. */
  readonly ended: Promise<Error | undefined>;
}

/** `timestamp` is in units of 48 kHz on the timeline of the source's first packet (scaled up for PCMU); `frame` is raw AAC without ADTS header. */
export type AacFrameListener = (frame: Buffer, timestamp: number) => void;

/** Starts one; packets written before it is ready are kept (bounded). Rejects where FFmpeg is missing. */
export type AudioTranscoderFactory = (
  input: "opus" | "pcmu",
  onFrame: AacFrameListener,
  signal: AbortSignal,
) => AudioTranscoder;

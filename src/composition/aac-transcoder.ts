// Sound in AAC, where FFmpeg is there to make it.
import { findExecutable } from "../foundation/child-process.ts";
import { type AacTranscoderOptions, createAacTranscoderFactory } from "../media/ffmpeg/aac-transcoder.ts";
import type { AudioTranscoderFactory } from "../media/hub/audio-transcoder.ts";

const command = "ffmpeg";

/** Undefined without FFmpeg; then streams have no AAC track, so that players take the sound that there is. */
export function aacTranscoder(options: Omit<AacTranscoderOptions, "ffmpegPath">): AudioTranscoderFactory | undefined {
  if (findExecutable(command) !== undefined) return createAacTranscoderFactory({ ...options, ffmpegPath: command });
  options.logger.warn(
    "FFmpeg is not installed: streams carry the camera's own sound only, and Home Assistant plays them without any; install FFmpeg and start Belfry again",
  );
  return undefined;
}

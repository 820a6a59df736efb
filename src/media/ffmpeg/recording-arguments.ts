// FFmpeg's arguments for playing a recording: read in real time over loopback, published by RTSP over TCP.
import { aacTrack } from "../formats/track.ts";
import type { RecordingFormat } from "./recording-format.ts";

/** How the picture is handled: `copy` as it is, `encode` as H.264 with a key frame each second. */
export type VideoHandling = "copy" | "encode";

/** Undefined where FFmpeg cannot make H.264 of it, or there is no picture. */
export function chooseVideoHandling(format: RecordingFormat, isEncodingWanted: boolean): VideoHandling | undefined {
  switch (format.video) {
    case "avc1":
    case "avc3":
      return isEncodingWanted ? "encode" : "copy";
    case "hvc1":
    case "hev1":
    case "mp4v":
      return "encode";
    default:
      return undefined;
  }
}

export function playbackArguments(
  urls: { readonly input: string; readonly output: string },
  format: RecordingFormat,
  video: VideoHandling,
): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...["-protocol_whitelist", "http,tcp", "-re", "-i", urls.input],
    ...["-map", "0:v:0", ...(video === "copy" ? copiedVideo : encodedVideo)],
    ...(format.audio === undefined ? [] : audio(format.aacConfig)),
    ...["-f", "rtsp", "-rtsp_transport", "tcp", urls.output],
  ];
}

/** With the parameter sets in front of every key frame: whoever joins later needs them. */
const copiedVideo = ["-c:v", "copy", "-bsf:v", "h264_mp4toannexb"];

const encodedVideo = [
  ...["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "high", "-pix_fmt", "yuv420p"],
  // Players and Home Assistant cannot do more than full HD everywhere, and this machine hardly in real time.
  ...["-vf", "scale='min(1920,iw)':-2", "-crf", "23", "-maxrate", "4M", "-bufsize", "4M"],
  ...["-force_key_frames", "expr:gte(t,n_forced)"],
];

/** AAC and Opus, of the first sound track. AAC is always what players may have been promised before the recording was there. */
function audio(aacConfig: string | undefined): string[] {
  const aac = aacConfig === aacTrack.config ? ["copy"] : ["aac", "-b:a:0", "64k", "-ar:a:0", "48000", "-ac:a:0", "1"];
  return [
    ...["-map", "0:a:0", "-c:a:0", ...aac],
    ...["-map", "0:a:0", "-c:a:1", "libopus", "-b:a:1", "48k", "-ar:a:1", "48000", "-ac:a:1", "1"],
  ];
}

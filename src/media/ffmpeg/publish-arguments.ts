// FFmpeg's arguments for carrying a stream from our RTSP listener to another RTSP server: the picture as it is, sound as AAC and as it is.

/** `encode`: the input has one sound track, of which AAC is made; `copy`: it has AAC and another one; `none`: it has no sound. */
export type CarriedSound = "encode" | "copy" | "none";

export interface PublishUrls {
  readonly input: string;
  readonly output: string;
}

/** Smaller than what MediaMTX passes on unchanged. */
const packetBytes = "1440";

/** AAC begins before its first sample; of a time before zero FFmpeg would move that one track. */
const marginSeconds = "0.1";

export function publishArguments({ input, output }: PublishUrls, sound: CarriedSound): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...(sound === "copy" ? wholeInput : impatientInput),
    ...["-rtsp_transport", "tcp", "-i", input],
    ...["-map", "0:v:0", "-c:v", "copy"],
    ...soundArguments(sound),
    // Nothing waits for what another track may still bring.
    ...["-max_interleave_delta", "1", "-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1"],
    ...["-output_ts_offset", marginSeconds, "-f", "rtsp", "-rtsp_transport", "tcp", "-pkt_size", packetBytes, output],
  ];
}

/** What is looked at goes on all the same, so that whoever has made the camera start gets its first key frame. */
const wholeInput = ["-flags", "low_delay", "-fpsprobesize", "0", "-threads", "1", "-max_delay", "0"].concat([
  ...["-reorder_queue_size", "0"],
]);

/**
 * The description says all that must be known of a camera; the first picture says the rest. Of a recording some sound must be looked
 * at: of AAC that comes several frames to a packet only the first has a time, and how long each is stands in the sound itself.
 */
const impatientInput = [...["-analyzeduration", "1000000", "-max_ts_probe", "0"], ...wholeInput];

function soundArguments(sound: CarriedSound): string[] {
  if (sound === "none") return [];
  const first = ["-map", "0:a:0"];
  if (sound === "copy") return [...first, "-map", "0:a:1", "-c:a", "copy"];
  return [
    ...[...first, "-c:a:0", "aac", "-aac_coder:a:0", "fast", "-b:a:0", "64k", "-ac:a:0", "1", "-ar:a:0", "48000"],
    // What was lost on the way becomes silence, so that sound and picture stay together.
    ...["-filter:a:0", "aresample=async=1:min_hard_comp=0.01"],
    ...[...first, "-c:a:1", "copy"],
  ];
}

// As what sound a stream is described, or as one without.
import type { KnownTracks } from "./known-tracks.ts";

/** `none`: it has no sound. */
export type SoundCodec = "opus" | "pcmu" | "none";

/**
 * A track that never brings anything costs time: FFmpeg, and so Home Assistant, looks for its beginning for five seconds. So what
 * has been without sound is taken to stay so until some is heard, whatever a call promises.
 */
export function describedSound(known: KnownTracks | undefined, remembered: SoundCodec | undefined): SoundCodec {
  if (known?.hasSound === false) return "none";
  const isHeard = known?.hasSound === true || known?.aac !== undefined;
  if (!isHeard && remembered === "none") return "none";
  const before = remembered === "none" ? undefined : remembered;
  return known?.audioCodec ?? before ?? "opus";
}

// From the tracks of a description to what a reader is served: a description may leave tracks out, its numbers are its own.
import { payloadTypes } from "../formats/payload-type.ts";
import type { Track } from "../formats/track.ts";
import { trackNumbers } from "./track-numbers.ts";

export interface PlayedTrack {
  /** Its number in the description, by which the output knows it. */
  readonly track: number;
  /** What of the stream it carries; see `trackNumbers`. */
  readonly feed: number;
  readonly payloadType: number;
}

const feeds = {
  h264: trackNumbers.video,
  aac: trackNumbers.aac,
  opus: trackNumbers.audio,
  pcmu: trackNumbers.audio,
} as const satisfies Record<Track["codec"], number>;

/** Numbers that the description does not have are left out. */
export function playedTracks(described: readonly Track[], numbers: readonly number[]): PlayedTrack[] {
  return numbers.flatMap((track) => {
    const codec = described[track]?.codec;
    return codec === undefined ? [] : [{ track, feed: feeds[codec], payloadType: payloadTypes[codec] }];
  });
}

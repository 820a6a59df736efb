// What is known of a running source's tracks by now.
import type { ParameterSets } from "../formats/h264-payload.ts";
import type { AacTrack } from "../formats/track.ts";

export interface KnownTracks {
  readonly parameterSets: ParameterSets | undefined;
  readonly profileLevelId: string | undefined;
  readonly audioCodec: "opus" | "pcmu" | undefined;
  /** Some sound has come, or will not come; undefined where that is not known yet. */
  readonly hasSound?: boolean | undefined;
  /** AAC that the source itself brings; otherwise it is made here. */
  readonly aac?: AacTrack | undefined;
}

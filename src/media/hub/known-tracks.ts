// What is known of a running source's tracks by now.
import type { ParameterSets } from "../formats/h264-payload.ts";

export interface KnownTracks {
  readonly parameterSets: ParameterSets | undefined;
  readonly profileLevelId: string | undefined;
  readonly audioCodec: "opus" | "pcmu" | undefined;
}

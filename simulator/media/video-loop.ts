// The encoded picture, ready to be sent for ever: several encodings of one loop whose key frames are staggered.
import * as v from "valibot";
import { cachedFile } from "./cached-file.ts";
import { loopFrames } from "./live-format.ts";
import { type MediaBundle, readBundle } from "./media-bundle.ts";
import type { VideoCodec } from "./nal-units.ts";
import { encodeVideoLoop, loopVersion } from "./video-loop-encoder.ts";

/** One encoding of the loop. It may be entered at its key frames only, and played round and round from there. */
export interface LoopVariant {
  readonly keyFrames: readonly number[];
  /** One slice per frame of the loop: it is the whole coded picture. */
  readonly slices: readonly Buffer[];
}

export interface VideoLoop {
  readonly codec: VideoCodec;
  /** SPS and PPS, for H.265 VPS too: the same for all variants. */
  readonly parameterSets: readonly Buffer[];
  readonly variants: readonly LoopVariant[];
}

export interface MediaOptions {
  readonly cacheDirectory: string;
  /** Told in a line of text when something must be encoded first and when that is done. */
  readonly report?: (line: string) => void;
}

const descriptionSchema = v.object({
  codec: v.picklist(["h264", "h265"]),
  parameterSets: v.number(),
  keyFrames: v.array(v.array(v.number())),
});

/** Encodes the loop if no cache has it: about 15 s on two cores. */
export async function loadVideoLoop(codec: VideoCodec, { cacheDirectory, report }: MediaOptions): Promise<VideoLoop> {
  const path = await cachedFile({
    directory: cacheDirectory,
    name: `live-${codec}-v${loopVersion}.bin`,
    make: (draft) => encodeVideoLoop(codec, draft, report),
  });
  return fromBundle(await readBundle(path));
}

function fromBundle({ description, pieces }: MediaBundle): VideoLoop {
  const { codec, parameterSets, keyFrames } = v.parse(descriptionSchema, description);
  return {
    codec,
    parameterSets: pieces.slice(0, parameterSets),
    variants: keyFrames.map((indices, variant) => {
      const first = parameterSets + variant * loopFrames;
      return { keyFrames: indices, slices: pieces.slice(first, first + loopFrames) };
    }),
  };
}

// Encodes the test picture's loop: H.264 once per key frame position, H.265 once with short groups of pictures.
import { readFile, rm } from "node:fs/promises";
import { feedFfmpegs } from "./ffmpeg.ts";
import { framesPerSecond, keyFrameStep, liveHeight, liveWidth, loopFrames } from "./live-format.ts";
import { writeBundle } from "./media-bundle.ts";
import { nalRole, splitByteStream, type VideoCodec } from "./nal-units.ts";
import { TestPicture } from "./test-picture.ts";

/** Raise it when picture or encoding change: caches are found by it. */
export const loopVersion = 1;

const encoders: Record<VideoCodec, { readonly starts: readonly number[]; readonly arguments: readonly string[] }> = {
  h264: {
    starts: Array.from({ length: loopFrames / keyFrameStep }, (_, index) => index * keyFrameStep),
    arguments: [
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "high", "-level", "4.0"],
      ...["-crf", "20.5", "-maxrate", "2400k", "-bufsize", "2400k", "-bf", "0"],
      ...["-x264-params", "keyint=infinite:scenecut=0:cabac=1:8x8dct=1:no-deblock=0", "-f", "h264"],
    ],
  },
  h265: {
    starts: [0],
    arguments: [
      ...["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "28", "-x265-params"],
      "log-level=error:keyint=10:min-keyint=10:scenecut=0:open-gop=0:bframes=0:slices=1:pools=none:frame-threads=1",
      ...["-f", "hevc"],
    ],
  },
};

/** Two FFmpegs of one thread each share the work. */
const parallelEncoders = 2;

interface Encoding {
  readonly start: number;
  readonly path: string;
}

export async function encodeVideoLoop(
  codec: VideoCodec,
  draft: string,
  report: (line: string) => void = () => undefined,
): Promise<void> {
  const began = performance.now();
  report(`encoding the live test picture (${codec}), once; later starts find it in the cache`);
  const encodings = encoders[codec].starts.map((start) => ({ start, path: `${draft}.${start}` }));
  try {
    await feedFfmpegs(shares(codec, encodings), twoLoops());
    const variants = await Promise.all(encodings.map((encoding) => readVariant(codec, encoding)));
    await writeVariants(codec, draft, variants);
  } finally {
    await Promise.all(encodings.map(({ path }) => rm(path, { force: true })));
  }
  report(`encoded the live test picture (${codec}) in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Argument lists: each FFmpeg writes every second variant. */
function shares(codec: VideoCodec, encodings: readonly Encoding[]): string[][] {
  const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${liveWidth}x${liveHeight}`];
  return Array.from({ length: Math.min(parallelEncoders, encodings.length) }, (_, share) => [
    ...[...input, "-r", String(framesPerSecond), "-i", "pipe:0"],
    ...encodings.filter((_, index) => index % parallelEncoders === share).flatMap((one) => output(codec, one)),
  ]);
}

/** A variant is the loop turned so that it begins at `start`: its only key frame is the first it encodes. */
function output(codec: VideoCodec, { start, path }: Encoding): string[] {
  const cut = `trim=start_frame=${start}:end_frame=${start + loopFrames},setpts=PTS-STARTPTS`;
  return ["-map", "0:v", "-vf", cut, "-threads", "1", ...encoders[codec].arguments, path];
}

function* twoLoops(): Generator<Buffer> {
  const picture = new TestPicture({ width: liveWidth, height: liveHeight, framesPerSecond, loopFrames });
  for (let frame = 0; frame < 2 * loopFrames; frame++) {
    const number = frame % loopFrames;
    yield picture.draw(number, { number, seconds: number / framesPerSecond, label: "LIVE" });
  }
}

interface EncodedVariant {
  readonly parameterSets: readonly Buffer[];
  readonly keyFrames: readonly number[];
  readonly slices: readonly Buffer[];
}

async function readVariant(codec: VideoCodec, { start, path }: Encoding): Promise<EncodedVariant> {
  const units = splitByteStream(await readFile(path));
  const parameterSets: Buffer[] = [];
  const keyFrames: number[] = [];
  const slices: Buffer[] = new Array(loopFrames);
  let frame = 0;
  for (const unit of units) {
    const role = nalRole(unit, codec);
    if (role === "parameters" && !parameterSets.some((known) => known.equals(unit))) parameterSets.push(unit);
    if (role !== "slice" && role !== "keySlice") continue;
    const index = (start + frame++) % loopFrames;
    slices[index] = unit;
    if (role === "keySlice") keyFrames.push(index);
  }
  if (frame !== loopFrames)
    throw new Error(`FFmpeg made ${frame} slices of ${loopFrames} frames: one slice per frame is needed`);
  return { parameterSets, keyFrames, slices };
}

async function writeVariants(codec: VideoCodec, draft: string, variants: readonly EncodedVariant[]): Promise<void> {
  const parameterSets = variants[0]?.parameterSets ?? [];
  for (const variant of variants) {
    const same = variant.parameterSets.every((unit, index) => parameterSets[index]?.equals(unit));
    if (!same || variant.parameterSets.length !== parameterSets.length) {
      throw new Error("FFmpeg gave the variants of the live picture different parameter sets: they cannot be switched");
    }
  }
  await writeBundle(draft, {
    description: {
      codec,
      parameterSets: parameterSets.length,
      keyFrames: variants.map((variant) => variant.keyFrames),
    },
    pieces: [...parameterSets, ...variants.flatMap((variant) => variant.slices)],
  });
}

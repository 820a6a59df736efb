// The encoded test sound, as long as the picture's loop and in step with it: Opus and PCMU, one packet per 20 ms.
import { cachedFile } from "./cached-file.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { audioPacketMs, loopAudioPackets, loopSeconds } from "./live-format.ts";
import { readBundle, writeBundle } from "./media-bundle.ts";
import { oggPackets } from "./ogg-packets.ts";
import { testSound } from "./test-sound.ts";
import type { MediaOptions } from "./video-loop.ts";

export interface AudioLoop {
  readonly opus: readonly Buffer[];
  readonly pcmu: readonly Buffer[];
}

const version = 1;
const opusRate = 48_000;
const pcmuRate = 8000;
/** What the Opus encoder puts before the first sample (RFC 7845 pre-skip); we give it the sound so much ahead. */
const opusPreSkipSeconds = 312 / opusRate;
const opusHeaderPackets = 2;

export async function loadAudioLoop({ cacheDirectory }: MediaOptions): Promise<AudioLoop> {
  const path = await cachedFile({
    directory: cacheDirectory,
    name: `live-audio-v${version}.bin`,
    make: async (draft) =>
      writeBundle(draft, { description: {}, pieces: [...(await encodeOpus()), ...(await encodePcmu())] }),
  });
  const { pieces } = await readBundle(path);
  return { opus: pieces.slice(0, loopAudioPackets), pcmu: pieces.slice(loopAudioPackets) };
}

/** The middle one of three loops: the encoder then comes from the same sound as at each later turn. */
async function encodeOpus(): Promise<Buffer[]> {
  const sound = testSound({
    samplesPerSecond: opusRate,
    seconds: 3 * loopSeconds,
    startSeconds: opusPreSkipSeconds,
  });
  const ogg = await runFfmpeg({
    arguments: [
      ...["-f", "s16le", "-ar", String(opusRate), "-ac", "1", "-i", "pipe:0"],
      ...["-c:a", "libopus", "-b:a", "32k", "-frame_duration", String(audioPacketMs), "-f", "ogg", "pipe:1"],
    ],
    input: [sound],
  });
  const first = opusHeaderPackets + loopAudioPackets;
  return oggPackets(ogg).slice(first, first + loopAudioPackets);
}

async function encodePcmu(): Promise<Buffer[]> {
  const bytes = await runFfmpeg({
    arguments: [
      ...["-f", "s16le", "-ar", String(pcmuRate), "-ac", "1", "-i", "pipe:0"],
      ...["-c:a", "pcm_mulaw", "-f", "mulaw", "pipe:1"],
    ],
    input: [testSound({ samplesPerSecond: pcmuRate, seconds: loopSeconds })],
  });
  const size = (pcmuRate * audioPacketMs) / 1000;
  return Array.from({ length: loopAudioPackets }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

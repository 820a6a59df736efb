// Recorded events: real MP4 files, H.264 or H.265 and AAC, with the test picture and sound; made once and cached.
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { cachedFile } from "./cached-file.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { TestPicture } from "./test-picture.ts";
import { testSound } from "./test-sound.ts";

const version = 1;
const framesPerSecond = 20;
const format = { width: 1280, height: 720, framesPerSecond, loopFrames: 100 };
const usualSamplesPerSecond = 48_000;

export interface RecordingOptions {
  readonly cacheDirectory: string;
  readonly seconds: number;
  /** H.264 unless given. */
  readonly videoCodec?: "h264" | "h265";
  /** Of the sound; 48,000 unless given. */
  readonly samplesPerSecond?: number;
  /** Shown in the picture: camera and time of the event, say. */
  readonly label: string;
  /** Number in the block row of the first frame; the others count on. */
  readonly startNumber: number;
}

/** The path of the MP4 file. The clock in the picture begins at zero. */
export function recordingFile(options: RecordingOptions): Promise<string> {
  const { cacheDirectory, seconds, videoCodec = "h264", label, startNumber } = options;
  const { samplesPerSecond = usualSamplesPerSecond } = options;
  const unusual = [
    ...(videoCodec === "h264" ? [] : [videoCodec]),
    ...(samplesPerSecond === usualSamplesPerSecond ? [] : [samplesPerSecond]),
  ];
  const key = createHash("sha256")
    .update(JSON.stringify([version, seconds, label, startNumber, ...unusual]))
    .digest("hex");
  return cachedFile({
    directory: cacheDirectory,
    name: `recording-v${version}-${key.slice(0, 16)}.mp4`,
    make: (path) => makeRecording(path, options),
  });
}

async function makeRecording(
  path: string,
  { seconds, videoCodec = "h264", samplesPerSecond = usualSamplesPerSecond, label, startNumber }: RecordingOptions,
): Promise<void> {
  const soundPath = `${path}.s16`;
  await writeFile(soundPath, testSound({ samplesPerSecond, seconds }));
  try {
    await runFfmpeg({
      arguments: encoding({ path: soundPath, samplesPerSecond }, path, videoCodec),
      input: frames(seconds, label, startNumber),
    });
  } finally {
    await rm(soundPath, { force: true });
  }
}

const videoEncoders = {
  h264: ["libx264", "-preset", "superfast", "-profile:v", "high", "-threads", "1", "-crf", "25", "-bf", "0"],
  // The letters by which players know H.265 in MP4.
  h265: [
    "libx265",
    "-preset",
    "ultrafast",
    "-crf",
    "28",
    "-x265-params",
    "log-level=error:bframes=0",
    "-tag:v",
    "hvc1",
  ],
};

function encoding(
  sound: { readonly path: string; readonly samplesPerSecond: number },
  path: string,
  videoCodec: "h264" | "h265",
): string[] {
  return [
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${format.width}x${format.height}`],
    ...["-r", String(framesPerSecond), "-i", "pipe:0"],
    ...["-f", "s16le", "-ar", String(sound.samplesPerSecond), "-ac", "1", "-i", sound.path],
    ...["-map", "0:v", "-map", "1:a", "-c:v", ...videoEncoders[videoCodec], "-g", String(2 * framesPerSecond)],
    ...["-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart", path],
  ];
}

function* frames(seconds: number, label: string, startNumber: number): Generator<Buffer> {
  const picture = new TestPicture(format);
  for (let index = 0; index < seconds * framesPerSecond; index++) {
    yield picture.draw(index, { number: startNumber + index, seconds: index / framesPerSecond, label });
  }
}

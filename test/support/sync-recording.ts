// Reads a recording of the simulator's stream for its clock and its beep, with the times that the container gives them.
import { framesPerSecond } from "../../simulator/media/live-format.ts";
import { readFrameNumber } from "./frame-blocks.ts";
import { runProgram } from "./run-program.ts";

const strip = { width: 960, height: 48 };
const samplesPerSecond = 48_000;
const loudSample = 2_500;
/** A beep begins after so long without one. */
const quietSeconds = 0.4;
/** One that begins earlier in a track may have been cut off by the beginning. */
const earliestSeconds = 0.1;

/** Times in seconds of the pictures in which a second of the simulator's clock begins. */
export async function secondTimes(file: string): Promise<number[]> {
  const filter = `crop=iw:iw/20:0:0,scale=${strip.width}:${strip.height},format=gray,showinfo`;
  const run = await runProgram(
    "ffmpeg",
    ["-v", "info", "-copyts", "-i", file, "-map", "0:v:0", "-vf", filter, "-fps_mode", "passthrough"].concat([
      "-enc_time_base",
      "-1",
      "-f",
      "rawvideo",
      "pipe:1",
    ]),
    { timeoutMs: 60_000 },
  );
  const times = timesIn(run.stderr);
  const bytes = strip.width * strip.height;
  return times.filter((_, index) => {
    const number = readFrameNumber({ ...strip, data: run.stdout.subarray(index * bytes, (index + 1) * bytes) });
    return number !== undefined && number % framesPerSecond === 0;
  });
}

/** Times in seconds at which a beep begins in that audio track. */
export async function beepTimes(file: string, track: number): Promise<number[]> {
  const filter = `aresample=${samplesPerSecond},aformat=sample_fmts=s16:channel_layouts=mono,ashowinfo`;
  const args = ["-v", "info", "-copyts", "-i", file, "-map", `0:a:${track}`, "-af", filter, "-f", "s16le", "pipe:1"];
  const run = await runProgram("ffmpeg", args, { timeoutMs: 60_000 });
  const beeps: number[] = [];
  let at = 0;
  let lastLoud: number | undefined;
  for (const [, time = "0", count = "0"] of run.stderr.matchAll(/pts_time:(\S+).*?nb_samples:(\d+)/g)) {
    for (let index = 0; index < Number(count); index++, at++) {
      lastLoud ??= Number(time) + earliestSeconds - quietSeconds;
      if (at * 2 + 1 >= run.stdout.length || Math.abs(run.stdout.readInt16LE(at * 2)) < loudSample) continue;
      const seconds = Number(time) + index / samplesPerSecond;
      if (seconds - lastLoud > quietSeconds) beeps.push(seconds);
      lastLoud = seconds;
    }
  }
  return beeps;
}

const timesIn = (text: string): number[] =>
  [...text.matchAll(/ n: *\d+ .*?pts_time:(\S+)/g)].map(([, time]) => Number(time));

// An FFmpeg child that makes one JPEG: run, fed, bounded in time and size, and reaped.
import { setPriority } from "node:os";
import { composeSignals, onAbort } from "../../foundation/abort.ts";
import { Child } from "../../foundation/child-process.ts";
import type { Clock } from "../../foundation/clock.ts";
import { withDeadline } from "../../foundation/deadline.ts";
import { errorCode, PermanentError, TransientError } from "../../foundation/errors.ts";

export interface JpegChildOptions {
  readonly ffmpegPath: string;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  readonly clock: Clock;
  /** Its abort ends every FFmpeg. */
  readonly signal: AbortSignal;
}

export interface JpegInput {
  /** FFmpeg's arguments up to and with `-i`. */
  readonly args: readonly string[];
  /** What it reads on its standard input. */
  readonly bytes?: Buffer;
  readonly limitMs: number;
}

/** Below everything that plays. */
const niceness = 10;

const mostBytes = 16 * 1_024 * 1_024;

const outputArgs = [
  ...["-frames:v", "1", "-an", "-vf", "scale=out_range=full,format=yuvj420p"],
  ...["-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"],
];

/** Rejects with PermanentError `ffmpeg.missing`, or TransientError `ffmpeg.picture` or `deadline`. */
export async function makeJpeg(input: JpegInput, options: JpegChildOptions, signal: AbortSignal): Promise<Buffer> {
  const bound = composeSignals(signal, options.signal);
  const work = (limited: AbortSignal): Promise<Buffer> => run(input, options, limited);
  return await withDeadline("FFmpeg's picture", input.limitMs, options.clock, work, bound);
}

async function run(input: JpegInput, options: JpegChildOptions, signal: AbortSignal): Promise<Buffer> {
  const { ffmpegPath: command, instance, clock } = options;
  const args = ["-hide_banner", "-nostats", "-loglevel", "error", "-threads", "1", ...input.args, ...outputArgs];
  const child = await Child.start({ command, args, instance, clock, signal }).catch((cause: unknown) => {
    if (errorCode(cause) !== "child.missing") throw cause;
    const text = `FFmpeg (${command}) is not installed; install it to have pictures of streams and recordings`;
    throw new PermanentError("ffmpeg.missing", text, { cause });
  });
  lower(child.pid);
  // It has nothing to finish: no need to ask it first.
  using _stop = onAbort(signal, () => void child.kill());
  const [picture, complaint] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.end(input.bytes);
  const exit = await child.exited;
  signal.throwIfAborted();
  const jpeg = await picture;
  if (exit.code === 0 && jpeg.length > 2 && jpeg.readUInt16BE(0) === 0xffd8) return jpeg;
  const why = (await complaint).toString().trim().split("\n").at(-1)?.slice(0, 300);
  throw new TransientError("ffmpeg.picture", `FFmpeg made no picture of the video${why ? `: ${why}` : ""}`);
}

/** It may have ended already, or not be ours to lower. */
function lower(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {}
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// A JPEG of one H.264 key frame, made by an FFmpeg child.
import { composeSignals, onAbort } from "../../foundation/abort.ts";
import { Child } from "../../foundation/child-process.ts";
import type { Clock } from "../../foundation/clock.ts";
import { withDeadline } from "../../foundation/deadline.ts";
import { errorCode, PermanentError, TransientError } from "../../foundation/errors.ts";

export interface KeyFrameJpegOptions {
  readonly ffmpegPath: string;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  readonly clock: Clock;
  /** Its abort ends every FFmpeg. */
  readonly signal: AbortSignal;
}

const limitMs = 10_000;
const mostBytes = 16 * 1_024 * 1_024;

/** Rejects with PermanentError `ffmpeg.missing`, or TransientError `ffmpeg.picture` or `deadline`. */
export function createKeyFrameJpeg(
  options: KeyFrameJpegOptions,
): (annexB: Buffer, signal: AbortSignal) => Promise<Buffer> {
  return async (annexB, signal) => {
    const bound = composeSignals(signal, options.signal);
    return await withDeadline(
      "FFmpeg's picture",
      limitMs,
      options.clock,
      (limited) => decode(annexB, options, limited),
      bound,
    );
  };
}

async function decode(annexB: Buffer, options: KeyFrameJpegOptions, signal: AbortSignal): Promise<Buffer> {
  const { ffmpegPath: command, instance, clock } = options;
  const child = await Child.start({ command, args, instance, clock, signal }).catch((cause: unknown) => {
    if (errorCode(cause) !== "child.missing") throw cause;
    const text = `FFmpeg (${command}) is not installed; install it to have pictures of running streams`;
    throw new PermanentError("ffmpeg.missing", text, { cause });
  });
  // It has nothing to finish: no need to ask it first.
  using _stop = onAbort(signal, () => void child.kill());
  const [jpeg, complaint] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.end(annexB);
  const exit = await child.exited;
  signal.throwIfAborted();
  const picture = await jpeg;
  if (exit.code === 0 && picture.length > 2 && picture.readUInt16BE(0) === 0xffd8) return picture;
  const why = (await complaint).toString().trim().split("\n").at(-1)?.slice(0, 300);
  throw new TransientError("ffmpeg.picture", `FFmpeg made no picture of the stream${why ? `: ${why}` : ""}`);
}

const args = [
  ...["-hide_banner", "-nostats", "-loglevel", "error", "-protocol_whitelist", "pipe", "-threads", "1"],
  ...["-f", "h264", "-i", "pipe:0", "-frames:v", "1", "-vf", "scale=out_range=full,format=yuvj420p"],
  ...["-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"],
];

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

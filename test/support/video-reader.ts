// A player of our own that reads a stream with FFmpeg, decodes every picture and knows the number burnt into each.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { loopFrames } from "../../simulator/media/live-format.ts";
import { readFrameNumber } from "./frame-blocks.ts";
import { monotonicUnixMs } from "./monotonic-unix-ms.ts";

/** The number row is in the upper twentieth (of the width) of the picture: only this strip comes out, half as wide as HD. */
const strip = { width: 960, height: 48 };
const stripFilter = `crop=iw:iw/20:0:0,scale=${strip.width}:${strip.height},format=gray`;

export interface ReadFrame {
  /** undefined: the row could not be read. */
  readonly number: number | undefined;
  /** Unix ms at which the decoded picture was here. */
  readonly at: number;
}

export interface VideoReaderOptions {
  readonly transport?: "tcp" | "udp";
  /** Ends by itself after so many seconds of video. */
  readonly seconds?: number;
  /** Takes the video track only and looks at as little as possible before it decodes. */
  readonly isImpatient?: boolean;
  /** Leaves after so long without a byte, as go2rtc and Home Assistant do after 5 s. */
  readonly timeoutSeconds?: number;
}

export class VideoReader implements AsyncDisposable {
  readonly frames: ReadFrame[] = [];
  /** Unix ms at which the player was started. */
  readonly startedAt = monotonicUnixMs();
  /** Resolves with FFmpeg's exit code when it is gone. */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #waiting = new Set<() => void>();
  #complaints = "";
  #rest: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(url: string, options: VideoReaderOptions = {}) {
    this.#process = spawn("ffmpeg", ffmpegArguments(url, options), { stdio: ["ignore", "pipe", "pipe"] });
    this.#process.stdout.on("data", (piece: Buffer) => this.#take(piece));
    this.#process.stderr.on("data", (piece: Buffer) => {
      this.#complaints += piece.toString();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code) => {
        this.#isOver = true;
        this.#wake();
        resolve(code);
      });
    });
    this.ended.catch(() => undefined);
  }

  /** What FFmpeg complained about while decoding, line by line. */
  get errors(): string[] {
    return this.#complaints.split("\n").filter((line) => line.trim() !== "");
  }

  /** Resolves with that frame (the first one is 1); rejects when the player ends or the time is over before it. */
  async frame(count: number, { timeoutMs = 20_000 } = {}): Promise<ReadFrame> {
    const patience = AbortSignal.timeout(timeoutMs);
    patience.addEventListener("abort", () => this.#wake(), { once: true });
    for (;;) {
      const frame = this.frames[count - 1];
      if (frame) return frame;
      const seen = `${this.frames.length} of ${count} frames; ${this.errors.slice(-3).join("; ") || "no error"}`;
      if (this.#isOver) throw new Error(`the player ended after ${seen}`);
      if (patience.aborted) throw new Error(`the player had within ${timeoutMs} ms only ${seen}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Leaves as players do, with TEARDOWN; by force after 2 s. */
  async stop(): Promise<void> {
    this.#process.kill("SIGINT");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 2_000);
    await this.ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) await this.stop();
  }

  #take(piece: Buffer): void {
    const size = strip.width * strip.height;
    let data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    for (; data.length >= size; data = data.subarray(size)) {
      this.frames.push({ number: readFrameNumber({ ...strip, data: data.subarray(0, size) }), at: monotonicUnixMs() });
    }
    this.#rest = data;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function ffmpegArguments(url: string, options: VideoReaderOptions): string[] {
  const { transport = "tcp", seconds, isImpatient, timeoutSeconds } = options;
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1"],
    ...(isImpatient ? ["-probesize", "32", "-analyzeduration", "1"] : []),
    ...(url.startsWith("rtsp:") ? ["-rtsp_transport", transport] : []),
    ...(isImpatient && url.startsWith("rtsp:") ? ["-allowed_media_types", "video"] : []),
    ...(timeoutSeconds === undefined ? [] : ["-timeout", String(timeoutSeconds * 1_000_000)]),
    ...["-i", url, "-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "-1"],
    ...(seconds === undefined ? [] : ["-t", String(seconds)]),
    ...["-vf", stripFilter, "-f", "rawvideo", "pipe:1"],
  ];
}

/** How the numbers of frames go on: they count up, and from the end of the loop on from 0 again. */
export function judgeNumbers(frames: readonly ReadFrame[]): { skipped: number; repeated: number; unreadable: number } {
  const numbers = frames.map(({ number }) => number).filter((number) => number !== undefined);
  const steps = numbers.slice(1).map((number, at) => (number - (numbers[at] ?? 0) + loopFrames) % loopFrames);
  return {
    skipped: steps.reduce((sum, step) => sum + Math.max(step - 1, 0), 0),
    repeated: steps.filter((step) => step === 0).length,
    unreadable: frames.length - numbers.length,
  };
}

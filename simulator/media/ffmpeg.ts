// Runs FFmpeg once: pieces of input into its stdin, what it writes to stdout comes back.
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

export interface FfmpegRun {
  readonly arguments: readonly string[];
  /** A piece is written out completely before the next one is asked for, so a generator may use one buffer again. */
  readonly input?: Iterable<Buffer>;
}

export async function runFfmpeg(run: FfmpegRun): Promise<Buffer> {
  const [output] = await feedFfmpegs([run.arguments], run.input ?? []);
  return output ?? Buffer.alloc(0);
}

/** Several FFmpegs at a time that all get the same input; the slowest one sets the pace. */
export async function feedFfmpegs(
  argumentLists: readonly (readonly string[])[],
  input: Iterable<Buffer>,
): Promise<Buffer[]> {
  const running = argumentLists.map(startFfmpeg);
  const ended = Promise.all(running.map((one) => one.output));
  const fed = feed(
    running.map((one) => one.stdin),
    input,
  );
  try {
    const [outputs] = await Promise.all([ended, fed]);
    return outputs;
  } finally {
    for (const { child } of running) child.kill("SIGKILL");
  }
}

interface RunningFfmpeg {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly output: Promise<Buffer>;
}

function startFfmpeg(argumentList: readonly string[]): RunningFfmpeg {
  const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...argumentList], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output = new Promise<Buffer>((resolve, reject) => {
    const written: Buffer[] = [];
    let complaint = "";
    child.stdout.on("data", (piece: Buffer) => written.push(piece));
    child.stderr.on("data", (piece: Buffer) => {
      complaint = (complaint + piece.toString()).slice(-2000);
    });
    child.once("error", (cause) =>
      reject(new Error("FFmpeg does not start: install it (apt-get install ffmpeg)", { cause })),
    );
    child.once("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(written));
      else reject(new Error(`FFmpeg ended with ${code ?? signal} while it made test media: ${complaint.trim()}`));
    });
  });
  return { child, stdin: child.stdin, output };
}

/** Stops without an error when an FFmpeg closes its input early: its exit code tells why. */
async function feed(inputs: readonly Writable[], pieces: Iterable<Buffer>): Promise<void> {
  const closed = new Set<Writable>();
  for (const input of inputs) input.on("error", () => closed.add(input));
  for (const piece of pieces) {
    const open = inputs.filter((input) => !closed.has(input) && input.writable);
    if (open.length === 0) return;
    await Promise.all(open.map((input) => new Promise<void>((resolve) => input.write(piece, () => resolve()))));
  }
  for (const input of inputs) input.end();
}

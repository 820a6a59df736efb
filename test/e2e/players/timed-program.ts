// Runs a player for a while, as somebody would who then closes its window.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";

export interface TimedProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** As another user than root, where we are root. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface TimedRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it printed. */
  readonly output: string;
}

const patienceMs = 5_000;

export class RunningProgram implements AsyncDisposable {
  readonly over: Promise<TimedRun>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;

  constructor({ command, args, env, cwd, user }: TimedProgram) {
    this.#process = spawn(command, [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd && { cwd }),
      ...user,
    });
    let output = "";
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.on("data", (piece: Buffer) => {
        output = (output + piece.toString()).slice(-100_000);
      });
    this.over = new Promise((resolve, reject) => {
      this.#process.once("error", (cause) => reject(new Error(`${command} does not start`, { cause })));
      this.#process.once("close", (code, signal) => resolve({ code, signal, output }));
    });
    this.over.catch(() => undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Lets it run for so long at most, then ends it with SIGINT, and by force where it does not listen. */
  async runFor(ms: number): Promise<TimedRun> {
    const timers = [
      setTimeout(() => this.#process.kill("SIGINT"), ms),
      setTimeout(() => this.#process.kill("SIGKILL"), ms + patienceMs),
    ];
    try {
      return await this.over;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGCONT");
    await this.runFor(0);
  }
}

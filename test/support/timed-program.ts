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
  readonly #listeners = new Set<() => void>();
  #output = "";

  constructor({ command, args, env, cwd, user }: TimedProgram) {
    this.#process = spawn(command, [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd && { cwd }),
      ...user,
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.on("data", (piece: Buffer) => {
        this.#output = (this.#output + piece.toString()).slice(-100_000);
        for (const listener of this.#listeners) listener();
      });
    this.over = new Promise((resolve, reject) => {
      this.#process.once("error", (cause) => reject(new Error(`${command} does not start`, { cause })));
      this.#process.once("close", (code, signal) => resolve({ code, signal, output: this.#output }));
    });
    this.over.catch(() => undefined);
  }

  /** All that it has printed so far, or the last of it. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it has printed that; rejects where it ends, or takes longer than this. */
  async said(pattern: RegExp, { timeoutMs = 10_000 } = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (pattern.test(this.#output)) resolve();
    };
    const giveUp = (why: string) => (): void => reject(new Error(`${why} before ${pattern}: ${this.#output}`));
    const timer = setTimeout(giveUp(`${timeoutMs} ms passed`), timeoutMs);
    this.#listeners.add(look);
    this.over.then(giveUp("it ended"), reject);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
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

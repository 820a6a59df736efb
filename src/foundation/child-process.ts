// Child processes: always owned, always reaped, also those that a killed predecessor of ours left behind.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { onAbort } from "./abort.ts";
import { type Clock, delay } from "./clock.ts";
import { PermanentError, TransientError } from "./errors.ts";

/** Marks our children in their environment, so that a later start finds those of a killed one. */
export const instanceVariable = "BELFRY_INSTANCE";

/** Where programs, files, libraries and words are found. */
const passedOn = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ"];

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the little of our own environment that every program needs; the rest holds our secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Id of the data directory (see `endLeftovers`). */
  readonly instance: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs?: number;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. It ends when its signal aborts, when it is stopped, or by itself. */
export class Child implements AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly pid: number;
  /** Resolves when the process is gone and all that it wrote has been read; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Resolves when the process is gone; children of its own may still hold its output open. */
  readonly died: Promise<ChildExit>;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #clock: Clock;
  readonly #graceMs: number;
  #isGone = false;

  private constructor(process: ChildProcessByStdio<Writable, Readable, Readable>, pid: number, options: ChildOptions) {
    this.#process = process;
    this.#clock = options.clock;
    this.#graceMs = options.graceMs ?? 2_000;
    this.pid = pid;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.died = new Promise((resolve) => {
      process.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.exited = new Promise((resolve) => {
      process.once("close", (code, signal) => {
        this.#isGone = true;
        resolve({ code, signal });
      });
    });
  }

  /** Rejects with PermanentError `child.missing` where the command does not exist, else TransientError `child.start`. */
  static async start(options: ChildOptions): Promise<Child> {
    options.signal.throwIfAborted();
    const [command, args] = dieWithParent(options.command, options.args);
    const process = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...basicEnvironment(), ...options.env, [instanceVariable]: options.instance },
    });
    // A child that ends while we write is reported by its exit, not by EPIPE.
    process.stdin.on("error", () => undefined);
    await started(process, options.command);
    const child = new Child(process, process.pid ?? 0, options);
    const listener = onAbort(options.signal, () => void child.stop());
    void child.exited.then(() => listener[Symbol.dispose]());
    return child;
  }

  /** SIGTERM, after the grace time SIGKILL; resolves when the process is gone. */
  async stop(): Promise<ChildExit> {
    if (this.#isGone) return await this.exited;
    this.#process.kill("SIGTERM");
    const patience = new AbortController();
    const late = delay(this.#clock, this.#graceMs, patience.signal).then(
      () => this.#process.kill("SIGKILL"),
      () => undefined,
    );
    const exit = await this.exited;
    patience.abort();
    await late;
    return exit;
  }

  /** SIGKILL now. */
  async kill(): Promise<ChildExit> {
    if (!this.#isGone) this.#process.kill("SIGKILL");
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function basicEnvironment(): NodeJS.ProcessEnv {
  const own = globalThis.process.env;
  return Object.fromEntries(passedOn.filter((name) => own[name] !== undefined).map((name) => [name, own[name]]));
}

function started(process: ChildProcessByStdio<Writable, Readable, Readable>, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.once("spawn", () => {
      process.on("error", () => undefined);
      resolve();
    });
    process.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === "ENOENT"
          ? new PermanentError("child.missing", `${command} is not installed or not on PATH; install it`, { cause })
          : new TransientError("child.start", `${command} could not be started`, { cause }),
      );
    });
  });
}

let setpriv: string | undefined | null = null;

/** Where util-linux offers it, the kernel kills the child when we die, whatever kills us. */
function dieWithParent(command: string, args: readonly string[]): [string, string[]] {
  setpriv ??= findExecutable("setpriv");
  if (!setpriv || !findExecutable(command)) return [command, [...args]];
  return [setpriv, ["--pdeathsig", "KILL", "--", command, ...args]];
}

/** The full path of a program on PATH (or of a path given as such), or undefined. */
export function findExecutable(name: string, path = globalThis.process.env["PATH"] ?? ""): string | undefined {
  const candidates = name.includes("/") ? [name] : path.split(":").map((directory) => `${directory}/${name}`);
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return statSync(candidate).isFile();
    } catch {
      return false;
    }
  });
}

/** Kills what an earlier process of the same data directory left running; returns the process ids. Linux only, else none. */
export function endLeftovers(instance: string): Promise<number[]> {
  return endMarked(instanceVariable, instance);
}

/** Kills all processes that carry this variable in their environment, but for ourselves; returns their ids. Linux only, else none. */
export async function endMarked(variable: string, value: string): Promise<number[]> {
  const ended: number[] = [];
  for (const pid of (await findMarked({ [variable]: value })) ?? []) {
    try {
      globalThis.process.kill(pid, "SIGKILL");
      ended.push(pid);
    } catch {
      // Gone between reading and killing, or not ours to kill.
    }
  }
  return ended;
}

/** All processes that carry these variables in their environment, but for ourselves. Undefined where that cannot be seen: not on Linux. */
export async function findMarked(variables: Readonly<Record<string, string>>): Promise<number[] | undefined> {
  const entries = await readdir("/proc").catch(() => undefined);
  if (!entries) return undefined;
  const markers = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const found: number[] = [];
  for (const entry of entries) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === globalThis.process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    const carried = environment.split("\0");
    if (markers.every((marker) => carried.includes(marker))) found.push(pid);
  }
  return found;
}

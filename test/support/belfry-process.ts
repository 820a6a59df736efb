// Belfry as its owner runs it: a process of its own with a data directory, under the environment of the simulated cloud.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { findExecutable } from "../../src/foundation/child-process.ts";
import { freePort } from "./free-port.ts";
import { type ProgramRun, runProgram } from "./run-program.ts";

const projectDirectory = fileURLToPath(new URL("../../", import.meta.url));
/** As `npm start` and the image have them: a small young generation and an old one that grows in small steps keep memory down. */
const nodeFlags = ["--max-semi-space-size=2", "--heap-growing-percent=10"];
const mainFile = join(projectDirectory, "src/main.ts");
const loginFile = join(projectDirectory, "src/login.ts");
/** Belfry has its own time budget for stopping; this is when we lose patience with it. */
const defaultStopLimitMs = 10_000;
/** Where util-linux offers it, the kernel ends Belfry when we are killed. */
const setpriv = findExecutable("setpriv");

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Left out where the account has no second factor. */
  readonly code?: string;
}

/** Runs the login command with the answers on its standard input, as a script would; the token is in the directory then. */
export function signIn(options: {
  readonly dataDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
}): Promise<ProgramRun> {
  const { dataDirectory, environment, credentials } = options;
  const answers = [credentials.email, credentials.password, ...(credentials.code ? [credentials.code] : [])];
  return runProgram(process.execPath, [loginFile, "--data", dataDirectory], {
    env: { ...cleanEnvironment(), ...environment },
    cwd: projectDirectory,
    input: `${answers.join("\n")}\n`,
    timeoutMs: 30_000,
  });
}

export interface BelfryOptions {
  /** Of the simulated cloud. */
  readonly environment: Readonly<Record<string, string>>;
  /** With a token in it (see `signIn`); it stays when Belfry ends. */
  readonly dataDirectory: string;
  /** By the names of the options file, e.g. `mqtt_url`; `rtsp_port` and `web_port` are free ones unless given. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Instead of our own PATH. */
  readonly path?: string;
  /** Another program than the source, e.g. the compiled one; relative to the project. */
  readonly mainFile?: string;
  /** Hears every line that Belfry prints, as it comes. */
  readonly onLine?: (line: string) => void;
}

interface Ports {
  readonly rtsp: number;
  readonly web: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class BelfryProcess implements AsyncDisposable {
  readonly pid: number;
  readonly rtspPort: number;
  readonly webPort: number;
  readonly lines: string[] = [];
  readonly exited: Promise<ProcessExit>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #listeners = new Set<() => void>();
  readonly #onLine: ((line: string) => void) | undefined;
  #exit: ProcessExit | undefined;

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>, ports: Ports, options: BelfryOptions) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.rtspPort = ports.rtsp;
    this.webPort = ports.web;
    this.#onLine = options.onLine;
    this.#collect(child.stdout);
    this.#collect(child.stderr);
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#exit = { code, signal };
        this.#tell();
        resolve(this.#exit);
      });
    });
  }

  /** Resolves when the process runs; what it does then is seen on MQTT, not here. */
  static async start(options: BelfryOptions): Promise<BelfryProcess> {
    const ports = {
      rtsp: Number(options.settings?.["rtsp_port"] ?? (await freePort())),
      web: Number(options.settings?.["web_port"] ?? (await freePort())),
    };
    const addresses = { rtsp_bind: "127.0.0.1", web_bind: "127.0.0.1" };
    const settings = { ...addresses, ...options.settings, rtsp_port: ports.rtsp, web_port: ports.web };
    const variables = Object.entries(settings).map(([key, value]) => [`BELFRY_${key.toUpperCase()}`, String(value)]);
    const belfry = [process.execPath, ...nodeFlags, options.mainFile ?? mainFile, "--data", options.dataDirectory];
    const [command = "", ...args] = setpriv ? [setpriv, "--pdeathsig", "TERM", "--", ...belfry] : belfry;
    const child = spawn(command, args, {
      cwd: projectDirectory,
      stdio: ["ignore", "pipe", "pipe"],
      // In a process group of its own: Ctrl-C in a terminal ends it through us, in order.
      detached: true,
      env: {
        ...cleanEnvironment(),
        ...(options.path === undefined ? {} : { PATH: options.path }),
        ...options.environment,
        ...Object.fromEntries(variables),
      },
    });
    await once(child, "spawn");
    return new BelfryProcess(child, ports, options);
  }

  /** The stream of a camera, at the port that Belfry was given. */
  rtspUrl(deviceId: string): string {
    return `rtsp://127.0.0.1:${this.rtspPort}/${deviceId}_live`;
  }

  /** The first line, old or new, that matches; for what Belfry promises to say in its log. */
  async waitForLine(pattern: RegExp, { timeoutMs = 15_000 } = {}): Promise<string> {
    const patience = AbortSignal.timeout(timeoutMs);
    patience.addEventListener("abort", () => this.#tell(), { once: true });
    for (;;) {
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      const last = `the last lines are:\n${this.lines.slice(-8).join("\n")}`;
      if (this.#exit) throw new Error(`Belfry ended without saying ${pattern}; ${last}`);
      if (patience.aborted) throw new Error(`Belfry did not say ${pattern} within ${timeoutMs} ms; ${last}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  countLines(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  /** SIGTERM, and SIGKILL for one that does not listen. */
  async stop({ limitMs = defaultStopLimitMs } = {}): Promise<ProcessExit> {
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), limitMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** As a power cut does it: no chance to tidy up. */
  async kill9(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#exit) await this.stop();
  }

  #collect(stream: Readable): void {
    let rest = "";
    stream.setEncoding("utf8").on("data", (piece: string) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(line);
    });
    stream.once("end", () => {
      if (rest !== "") this.#hear(rest);
    });
  }

  #hear(line: string): void {
    this.lines.push(line);
    this.#onLine?.(line);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** Ours without what steers Belfry, so that a setting of the developer's shell changes no test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(BELFRY_|LIVESTREAM|NODE_OPTIONS$|VITEST)/.test(name)),
  );
}

/** An empty directory that is removed at the end. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "belfry-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

// Runs a foreign program to its end, with a deadline, and returns all it wrote.
import { type SpawnOptions, spawn } from "node:child_process";

export interface ProgramRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Written to its standard input, which is closed then. */
  readonly input?: string;
}

/** Rejects where the program is missing or takes too long (it is killed then); any exit code resolves. */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramRun> {
  const { timeoutMs = 20_000, env, cwd, input } = options;
  const spawnOptions: SpawnOptions = { ...(env && { env }), ...(cwd && { cwd }) };
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { ...spawnOptions, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    // A program that ends without reading its input is judged by its exit.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    const complaint = (): string => Buffer.concat(stderr).toString().trim().slice(-500);
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${command} was not done within ${timeoutMs} ms: ${complaint()}`));
    }, timeoutMs);
    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command} does not start`, { cause }));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

// Runs one step of scripts/test as a child process whose output the reader sees, and keeps that output.
import { spawn } from "node:child_process";
import type { Counts } from "./tally.ts";

export interface StepRun {
  readonly code: number;
  readonly output: string;
}

export function runStep(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<StepRun> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(command, [...args], { stdio: ["ignore", "pipe", "inherit"], env });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => {
      output += piece.toString();
      process.stdout.write(piece);
    });
    child.once("error", (cause) => reject(new Error(`${command} does not start`, { cause })));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** A step that either passes or fails as a whole, by its exit code. */
export async function runWhole(name: string, command: string, args: readonly string[]): Promise<Counts> {
  process.stdout.write(`\n== ${name}\n`);
  const { code } = await runStep(command, args);
  return code === 0 ? { passed: 1, failed: [], skipped: [] } : { passed: 0, failed: [name], skipped: [] };
}

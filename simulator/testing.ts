// For tests: runs a script in a Node process of its own under the redirecting hook, and collects the JSON lines it prints.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { SimulatedRingCloud } from "./cloud.ts";

export interface ScriptOutcome {
  /** Each line of standard output, parsed. */
  readonly lines: readonly unknown[];
  readonly exitCode: number | null;
  readonly errorText: string;
}

export interface ScriptOptions {
  readonly cloud: SimulatedRingCloud;
  readonly script: URL;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The script sees the simulated cloud as Ring and can reach nothing else; it is killed after `timeoutMs`. */
export async function runScript({
  cloud,
  script,
  args = [],
  environment = {},
  timeoutMs = 40_000,
}: ScriptOptions): Promise<ScriptOutcome> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...inherited } = process.env;
  const child = spawn(process.execPath, [script.pathname, ...args], {
    env: { ...inherited, ...cloud.clientEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(timeoutMs),
    killSignal: "SIGKILL",
  });
  const exited = once(child, "close").catch((error: unknown) => {
    throw new Error(`${script.pathname} did not end within ${timeoutMs} ms`, { cause: error });
  });
  const [output, errorText] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return {
    lines: output
      .split("\n")
      .filter((line) => line !== "")
      .map((line): unknown => JSON.parse(line)),
    exitCode: child.exitCode,
    errorText,
  };
}

// Finds a MediaMTX that will do: where the owner says, on the PATH, or the one that we have installed ourselves.
import type { Readable } from "node:stream";
import { Child, findExecutable } from "../../../foundation/child-process.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { withDeadline } from "../../../foundation/deadline.ts";
import { errorCode, errorText, PermanentError, TransientError } from "../../../foundation/errors.ts";
import { checkVersion } from "./mediamtx-version.ts";

export interface MediamtxPlaces {
  /** By the owner: a setting, a variable. The first that is given must do. */
  readonly named: readonly { readonly by: string; readonly path: string }[];
  readonly searchPath: string;
  /** Where our own installation puts it. */
  readonly installed: string;
}

export interface FoundMediamtx {
  readonly program: string;
  readonly version: string;
}

export interface FindDependencies {
  readonly instance: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const versionLimitMs = 10_000;

/**
 * Undefined where there is none. Throws PermanentError `mediamtx.missing` or `mediamtx.version` where there is none that will do,
 * TransientError `mediamtx.start` where that cannot be told now.
 */
export async function findMediamtx(
  places: MediamtxPlaces,
  dependencies: FindDependencies,
): Promise<FoundMediamtx | undefined> {
  for (const { by, path } of places.named) {
    if (path === "") continue;
    const program = findExecutable(path, places.searchPath);
    if (!program) throw new PermanentError("mediamtx.missing", `${by} names ${path}, which is no program; correct it`);
    return await examined(program, dependencies);
  }
  const candidates = [findExecutable("mediamtx", places.searchPath), findExecutable(places.installed)];
  let refusal: unknown;
  for (const program of candidates) {
    if (program === undefined) continue;
    try {
      return await examined(program, dependencies);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

async function examined(program: string, dependencies: FindDependencies): Promise<FoundMediamtx> {
  return { program, version: checkVersion(program, await printedVersion(program, dependencies)) };
}

async function printedVersion(program: string, { instance, clock, signal }: FindDependencies): Promise<string> {
  const ask = async (limited: AbortSignal): Promise<string> => {
    await using child = await Child.start({ command: program, args: ["--version"], instance, clock, signal: limited });
    const [printed, complaint] = [beginningOf(child.stdout), beginningOf(child.stderr)];
    const { code } = await child.exited;
    if (code === 0) return printed();
    throw new Error(complaint().trim() || `it ends with code ${code}`);
  };
  try {
    return await withDeadline(`${program} --version`, versionLimitMs, clock, ask, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (errorCode(cause) === "deadline")
      throw new TransientError("mediamtx.start", `${program} does not tell its version in time`, { cause });
    const text = `${program} does not run: ${errorText(cause)}; install another one or correct mediamtx_path`;
    throw new PermanentError("mediamtx.version", text, { cause });
  }
}

function beginningOf(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (piece: string) => {
    text = (text + piece).slice(0, 1_000);
  });
  return () => text;
}

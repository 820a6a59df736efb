// Versions of MediaMTX: which ones will do.
import { PermanentError } from "../../../foundation/errors.ts";

/** Older ones know fewer keys of our configuration, and have holes that were closed since. */
export const leastVersion = "1.20.1";

/** `1.20.1` of what `mediamtx --version` prints, or undefined. */
export function readVersion(printed: string): string | undefined {
  return /^v?(\d+\.\d+\.\d+)(?:[-+ ]\S*)?\s*$/m.exec(printed)?.[1];
}

/** Throws PermanentError `mediamtx.version` where it will not do. */
export function checkVersion(program: string, printed: string): string {
  const version = readVersion(printed);
  const must = `it must be ${leastVersion} or newer: name another one with mediamtx_path, set mediamtx_download instead, or set stream_engine to builtin`;
  if (version === undefined)
    throw new PermanentError("mediamtx.version", `${program} does not tell its version; ${must}`);
  if (!isAtLeast(version, leastVersion))
    throw new PermanentError("mediamtx.version", `${program} is MediaMTX ${version}; ${must}`);
  return version;
}

function isAtLeast(version: string, least: string): boolean {
  const [given, wanted] = [version, least].map((text) => text.split(".").map(Number));
  for (const [at, number] of (wanted ?? []).entries()) {
    const difference = (given?.[at] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

// The lines that MediaMTX writes, as lines of our own log, and as hints that something has changed.
import type { Logger } from "../../../foundation/logger.ts";

/** What a line may hint at. Only ever a reason to look: nothing rests on these words. */
export type LogHint =
  | { readonly kind: "script-started"; readonly path: string }
  | { readonly kind: "reader-joined"; readonly path: string }
  | { readonly kind: "something" };

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

/** How MediaMTX takes the packets with which we begin each track (see `AlignedStart`). */
const expected = /received RTP packet without absolute time, skipping it/;

/**
 * Writes the line where it belongs. Its information is our debugging: what matters of it we say ourselves, and why it cannot start,
 * too, when it has been tried often enough.
 */
export function logLine(line: string, isReady: boolean, logger: Logger): LogLine {
  const read = readLine(line);
  const { level, message } = read;
  const isComplaint = (level === "ERR" || level === "WAR") && !expected.test(message);
  if (isComplaint && isReady) logger.warn(`MediaMTX: ${message}`);
  else logger.debug(() => `MediaMTX: ${message}`);
  return read;
}

const crash = /^(?:panic|fatal error): /;

/** What a line says of why MediaMTX ends: later on its warnings are about readers, and plain text is mostly its script's. */
export function complaintIn({ level, message }: LogLine, isReady: boolean): string | undefined {
  const isOfItsEnd = level === "ERR" || (level === "" && crash.test(message));
  const isComplaint = isReady ? isOfItsEnd : level !== "DEB" && level !== "INF" && message !== "";
  return isComplaint ? message.slice(0, 300) : undefined;
}

const starting = /^\[path ([^\]]+)\] runOnDemand command started/;
const joining = [/ is reading from path '([^']+)'/, /\[muxer ([^\]]+)\] is converting into HLS/];

export function hintOf(message: string): LogHint {
  const [, started] = starting.exec(message) ?? [];
  if (started !== undefined) return { kind: "script-started", path: started };
  for (const pattern of joining) {
    const [, path] = pattern.exec(message) ?? [];
    if (path !== undefined) return { kind: "reader-joined", path };
  }
  return { kind: "something" };
}

/** JSON of MediaMTX itself; what its script writes goes the same way and is plain text. */
function readLine(line: string): LogLine {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== "object" || parsed === null) return { level: "", message: line };
    const fields: { readonly level?: unknown; readonly message?: unknown } = parsed;
    return { level: String(fields.level ?? ""), message: String(fields.message ?? line) };
  } catch {
    return { level: "", message: line };
  }
}

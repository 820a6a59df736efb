// Installs the pinned MediaMTX: fetched, checked, unpacked, and put into its place in one step.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "../../../../foundation/clock.ts";
import { AppError, errorText } from "../../../../foundation/errors.ts";
import { retry } from "../../../../foundation/retry.ts";
import { download, noRoom, shownUrl } from "./download.ts";
import type { Pin } from "./pins.ts";
import { extractTarEntry } from "./tar-entry.ts";
import { writeAll } from "./write-all.ts";

export interface InstallOptions {
  readonly pin: Pin;
  /** A directory at some server that has the same file; undefined: where the pin says. */
  readonly mirror: string | undefined;
  /** Made if need be. The program is called mediamtx. */
  readonly directory: string;
  readonly say: (line: string) => void;
  readonly silenceMs?: number;
  /** For one attempt. */
  readonly limitMs?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const backoff = { firstMs: 500, longestMs: 10_000, jitter: 0.2 };
/** Given up when so much more has not come in such a time, however often we ask. */
const progress = { bytes: 1_048_576, withinMs: 90_000 };
const percentStep = 10;

/** Where `installMediamtx` puts it. */
export const installedProgram = (directory: string): string => join(directory, "mediamtx");

/** Resolves with the program. Rejects as `download` does, or with PermanentError `mediamtx.bad-archive`. */
export async function installMediamtx(options: InstallOptions): Promise<string> {
  const { pin, mirror, directory, say, clock, signal } = options;
  const url = mirror ? `${mirror.replace(/\/+$/, "")}/${basename(new URL(pin.url).pathname)}` : pin.url;
  await mkdir(directory, { recursive: true, mode: 0o755 }).catch((cause: unknown) => {
    throw noRoom(cause);
  });
  // What was begun for another pin is of no use for this one.
  const archive = join(directory, `download-${pin.sha256.slice(0, 16)}.part`);
  say(`downloading MediaMTX from ${shownUrl(url)}`);
  const { silenceMs, limitMs } = options;
  const limits = { ...(silenceMs ? { silenceMs } : {}), ...(limitMs ? { limitMs } : {}) };
  const report = percentReporter(say);
  const last = { bytes: 0, atMs: clock.monotonic() };
  const onProgress = (received: number, total: number | undefined): void => {
    if (received >= last.bytes + progress.bytes) Object.assign(last, { bytes: received, atMs: clock.monotonic() });
    report(received, total);
  };
  const attempt = (): Promise<void> =>
    download({ url, sha256: pin.sha256, file: archive, onProgress, clock, signal, ...limits });
  const onFailure = (error: unknown): void => say(errorText(error));
  await retry(attempt, { clock, backoff, signal, withinMs: progress.withinMs, sinceMs: () => last.atMs, onFailure });
  const program = installedProgram(directory);
  await putInPlace(archive, program);
  await rm(archive, { force: true });
  say(`installed ${program}`);
  return program;
}

/** Nobody ever sees half of it. */
async function putInPlace(archive: string, program: string): Promise<void> {
  const temporary = `${program}.new`;
  try {
    await unpack(archive, temporary);
    await rename(temporary, program);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause instanceof AppError ? cause : noRoom(cause);
  }
}

async function unpack(archive: string, file: string): Promise<void> {
  await using handle = await open(file, "w", 0o755);
  let position = 0;
  await extractTarEntry(archive, "mediamtx", async (piece) => {
    await writeAll(handle, piece, position);
    position += piece.length;
  });
  await handle.chmod(0o755);
  await handle.sync();
}

function percentReporter(say: (line: string) => void): (received: number, total: number | undefined) => void {
  let said = 0;
  return (received, total) => {
    if (total === undefined || total === 0) return;
    const percent = Math.floor((received / total) * (100 / percentStep)) * percentStep;
    if (percent <= said) return;
    said = percent;
    say(`${percent} % of ${(total / 1_048_576).toFixed(1)} MB`);
  };
}

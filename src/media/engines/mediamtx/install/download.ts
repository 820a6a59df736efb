// Fetches a file of a known hash: goes on where an earlier attempt was cut off, and keeps nothing that is not the file.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import got, { type Request, type Response } from "got";
import { composeSignals } from "../../../../foundation/abort.ts";
import type { Clock } from "../../../../foundation/clock.ts";
import { AppError, errorCode, PermanentError, TransientError } from "../../../../foundation/errors.ts";
import { writeAll } from "./write-all.ts";

export interface DownloadOptions {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** Where it comes to stand; what has come of it so far stays there when the connection breaks. */
  readonly file: string;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
  /** Until the first byte, and between two pieces. */
  readonly silenceMs?: number;
  /** For all of it. */
  readonly limitMs?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const usualSilenceMs = 30_000;
/** A start of Belfry waits for it: some 40 kB a second are the least. */
const usualLimitMs = 900_000;
const mostBytes = 268_435_456;

/**
 * Rejects with TransientError `mediamtx.download` (what came is kept for the next attempt), or PermanentError
 * `mediamtx.download-refused`, `mediamtx.wrong-hash`, `mediamtx.no-room` (nothing is kept).
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, url, limitMs = usualLimitMs, clock } = options;
  const late = new AbortController();
  const text = `the download of ${shownUrl(url)} is not done after ${Math.round(limitMs / 60_000)} minutes; the next attempt goes on from there`;
  using _limit = clock.after(limitMs, () => late.abort(new TransientError("mediamtx.download", text)));
  const limited = { ...options, signal: composeSignals(options.signal, late.signal) };
  try {
    const begunAt = await sizeOf(file);
    await fetchRest(limited, begunAt);
    if (begunAt > 0 && (await hashOf(file)) !== options.sha256) {
      // What was there may have been something else: the file itself is judged by what has come now.
      await rm(file, { force: true });
      await fetchRest(limited, 0);
    }
    await assertHash(options);
  } catch (error) {
    if (error instanceof PermanentError) await rm(file, { force: true });
    throw error;
  }
}

async function assertHash({ file, sha256, url }: DownloadOptions): Promise<void> {
  const hash = await hashOf(file);
  if (hash === sha256) return;
  throw new PermanentError(
    "mediamtx.wrong-hash",
    `${shownUrl(url)} is not the file that it should be (its SHA-256 is ${hash}, not ${sha256}); it was thrown away`,
  );
}

async function fetchRest(options: DownloadOptions, offset: number): Promise<void> {
  const { url, file, signal } = options;
  const stream = request(options, offset);
  // Heard below; this is for the one that comes when we have given up on it.
  stream.on("error", () => undefined);
  try {
    const [response]: [Response] = (await once(stream, "response", { signal })) as [Response];
    if (response.statusCode === 416) {
      // There is nothing behind what we have: it is whole, or something else. The hash says which.
      return;
    }
    const start = startOf(response, offset, url);
    await using handle = await openAt(file, start);
    await keep(stream, response, handle, start, options);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AppError ? error : broken(url, error);
  } finally {
    stream.destroy();
  }
}

function request({ url, silenceMs = usualSilenceMs, signal }: DownloadOptions, offset: number): Request {
  return got.stream(url, {
    signal,
    throwHttpErrors: false,
    retry: { limit: 0 },
    maxRedirects: 5,
    decompress: false,
    headers: offset > 0 ? { range: `bytes=${offset}-` } : {},
    timeout: { connect: silenceMs, response: silenceMs, socket: silenceMs },
  });
}

/** Where what comes belongs; a server that does not know ranges sends all. */
function startOf({ statusCode }: Response, offset: number, url: string): number {
  if (statusCode === 206) return offset;
  if (statusCode === 200) return 0;
  if (statusCode === 429 || statusCode >= 500)
    throw new TransientError("mediamtx.download", `${shownUrl(url)} answers ${statusCode} for now; try again later`);
  throw new PermanentError(
    "mediamtx.download-refused",
    `${shownUrl(url)} answers ${statusCode}; look at mediamtx_mirror`,
  );
}

async function keep(
  stream: Request,
  response: Response,
  handle: FileHandle,
  start: number,
  { url, onProgress }: DownloadOptions,
): Promise<void> {
  const total = totalOf(response, start);
  let position = start;
  if ((total ?? 0) > mostBytes) throw tooLarge(url);
  for await (const piece of stream) {
    const bytes = piece as Buffer;
    await write(handle, bytes, position);
    position += bytes.length;
    if (position > mostBytes) throw tooLarge(url);
    onProgress(position, total);
  }
  if (total !== undefined && position < total) throw broken(url, undefined);
}

async function write(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  try {
    await writeAll(handle, bytes, position);
  } catch (cause) {
    throw noRoom(cause);
  }
}

async function openAt(file: string, start: number): Promise<FileHandle> {
  try {
    return await open(file, start === 0 ? "w" : "r+", 0o600);
  } catch (cause) {
    throw noRoom(cause);
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : 0;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest("hex");
}

function totalOf({ headers }: Response, start: number): number | undefined {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isInteger(length) ? start + length : undefined;
}

export function noRoom(cause: unknown): PermanentError {
  const why = errorCode(cause) === "ENOSPC" ? "the disk is full" : "its directory cannot be written";
  return new PermanentError("mediamtx.no-room", `MediaMTX cannot be installed: ${why}`, { cause });
}

function broken(url: string, cause: unknown): TransientError {
  const text = `the download of ${shownUrl(url)} broke off; the next attempt goes on from there`;
  return new TransientError("mediamtx.download", text, cause === undefined ? {} : { cause });
}

function tooLarge(url: string): PermanentError {
  return new PermanentError(
    "mediamtx.wrong-hash",
    `${shownUrl(url)} is far larger than it should be; it was thrown away`,
  );
}

/** A mirror's address may hold a password. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href;
}

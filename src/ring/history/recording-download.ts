// A recording on its way from Ring to this machine: readable at any place as far as it has come, with one retry, and bounded.
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import got, { type Request, type Response } from "got";
import { abortable, composeSignals, StopError } from "../../foundation/abort.ts";
import type { Clock } from "../../foundation/clock.ts";
import { AppError, PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { openScratchFile } from "./scratch-file.ts";
import type { SignedLink } from "./signed-link.ts";

export interface DownloadLimits {
  readonly mostBytes: number;
  /** Until the first byte, and between two pieces. */
  readonly silenceMs: number;
  readonly longestMs: number;
}

export interface RecordingDownloadOptions {
  readonly link: SignedLink;
  /** A fresh link to the same recording; rejects where it is no longer there. */
  readonly renew: (signal: AbortSignal) => Promise<SignedLink>;
  /** Completes "... cannot be played: ". */
  readonly title: string;
  readonly limits?: Partial<DownloadLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The longest recordings of the best cameras are about 200 MB. */
const usualLimits: DownloadLimits = { mostBytes: 536_870_912, silenceMs: 15_000, longestMs: 600_000 };

export class RecordingDownload implements AsyncDisposable {
  readonly #options: RecordingDownloadOptions;
  readonly #limits: DownloadLimits;
  readonly #file: FileHandle;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #size = Promise.withResolvers<number>();
  readonly #over: Promise<void>;
  #progress = Promise.withResolvers<void>();
  #received = 0;
  #failure: Error | undefined;
  #isOver = false;

  private constructor(options: RecordingDownloadOptions, file: FileHandle) {
    this.#options = options;
    this.#file = file;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#signal = composeSignals(options.signal, this.#controller.signal);
    this.#size.promise.catch(() => undefined);
    this.#over = this.#run();
  }

  /** Resolves when the first bytes are on their way, rejects with an AppError that says why there are none. */
  static async open(options: RecordingDownloadOptions): Promise<RecordingDownload> {
    options.signal.throwIfAborted();
    const file = await openScratchFile().catch((cause: unknown) => {
      throw new PermanentError("recording.no-room", "There is no room for a recording in the temporary directory", {
        cause,
      });
    });
    const download = new RecordingDownload(options, file);
    try {
      await download.size;
      return download;
    } catch (error) {
      await download[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the whole recording; known before it is here, unless Ring does not say it. */
  get size(): Promise<number> {
    return this.#size.promise;
  }

  /** Why it will never be complete. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Bytes from `offset` on, as soon as some have come; none at the end. Rejects where they will never come. */
  async read(offset: number, mostBytes: number, signal: AbortSignal): Promise<Buffer> {
    while (this.#received <= offset && !this.#isOver) {
      await abortable(this.#progress.promise, composeSignals(signal, this.#signal));
    }
    if (this.#received <= offset && this.#failure) throw this.#failure;
    signal.throwIfAborted();
    const length = Math.min(mostBytes, this.#received - offset);
    if (length <= 0) return Buffer.alloc(0);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new StopError("closed"));
    await this.#over;
    await this.#file.close();
  }

  async #run(): Promise<void> {
    try {
      await this.#fetchWithOneRetry();
      this.#size.resolve(this.#received);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new TransientError("recording.unreachable", String(error));
      this.#size.reject(this.#failure);
    }
    this.#isOver = true;
    this.#tell();
  }

  async #fetchWithOneRetry(): Promise<void> {
    const { link, renew, clock, logger, title } = this.#options;
    const isFresh = link.expiresAt > clock.now();
    try {
      await this.#fetch(isFresh ? link : await renew(this.#signal));
    } catch (error) {
      if (this.#signal.aborted || error instanceof PermanentError) throw error;
      logger.debug(`${title}: trying once more with a new link`, error);
      await this.#fetch(await renew(this.#signal));
    }
  }

  /** From where we are to the end. */
  async #fetch(link: SignedLink): Promise<void> {
    const stream = this.#request(link);
    // Heard below; this is for the one that comes when we have given up on it.
    stream.on("error", () => undefined);
    try {
      const [response]: [Response] = (await once(stream, "response", { signal: this.#signal })) as [Response];
      this.#begin(response);
      for await (const piece of stream) await this.#keep(piece as Buffer);
      const wanted = totalBytes(response);
      if (wanted !== undefined && this.#received < wanted) throw this.#unreachable("Ring ended it too early");
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error instanceof AppError ? error : this.#unreachable("it cannot be fetched from Ring", error);
    } finally {
      stream.destroy();
    }
  }

  #request(link: SignedLink): Request {
    const { silenceMs, longestMs } = this.#limits;
    return got.stream(link.url, {
      signal: this.#signal,
      throwHttpErrors: false,
      retry: { limit: 0 },
      maxRedirects: 3,
      decompress: false,
      headers: this.#received > 0 ? { range: `bytes=${this.#received}-` } : {},
      timeout: { connect: silenceMs, response: silenceMs, socket: silenceMs, request: longestMs },
    });
  }

  #begin(response: Response): void {
    const { statusCode } = response;
    if (statusCode === 403) throw new TransientError("recording.expired", this.#text("Ring's link to it has expired"));
    if (statusCode === 404 || statusCode === 410)
      throw new TransientError("recording.deleted", this.#text("it has been deleted at Ring"));
    if (statusCode !== 200 && statusCode !== 206) throw this.#unreachable(`Ring answered with status ${statusCode}`);
    // Asked for the rest, it sends all: from the beginning, then.
    if (statusCode === 200) this.#received = 0;
    const size = totalBytes(response);
    this.#assertSize(size ?? 0);
    if (size !== undefined) this.#size.resolve(size);
  }

  async #keep(piece: Buffer): Promise<void> {
    this.#assertSize(this.#received + piece.length);
    try {
      await this.#file.write(piece, 0, piece.length, this.#received);
    } catch (cause) {
      throw new PermanentError("recording.no-room", this.#text("the temporary directory is full"), { cause });
    }
    this.#received += piece.length;
    this.#tell();
  }

  #assertSize(bytes: number): void {
    const { mostBytes } = this.#limits;
    if (bytes <= mostBytes) return;
    const text = `it is larger than ${Math.round(mostBytes / 1_048_576)} MB; watch it in the Ring app`;
    throw new PermanentError("recording.too-large", this.#text(text));
  }

  #tell(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  #text(why: string): string {
    return `${this.#options.title} cannot be played: ${why}`;
  }

  #unreachable(why: string, cause?: unknown): Error {
    return new TransientError("recording.unreachable", this.#text(why), cause === undefined ? {} : { cause });
  }
}

/** Of the whole file, also where the reply brings only its rest. */
function totalBytes({ headers }: Response): number | undefined {
  const ofRange = /\/(\d+)$/.exec(headers["content-range"] ?? "")?.[1];
  const size = Number(ofRange ?? headers["content-length"] ?? Number.NaN);
  return Number.isInteger(size) && size >= 0 ? size : undefined;
}

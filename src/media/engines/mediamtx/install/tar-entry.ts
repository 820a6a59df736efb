// One file out of a .tar.gz, as the releases of MediaMTX are packed.
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { AppError, PermanentError } from "../../../../foundation/errors.ts";

const blockBytes = 512;
const mostBytes = 268_435_456;

interface Header {
  readonly name: string;
  readonly size: number;
}

/** Gives the file of that name to `take`, piece by piece. Throws PermanentError `mediamtx.bad-archive`, and what `take` throws. */
export async function extractTarEntry(
  archive: string,
  name: string,
  take: (piece: Buffer) => Promise<void>,
): Promise<void> {
  const walk = new TarWalk(archive, name);
  for await (const piece of gunzipped(archive)) {
    for (const part of walk.push(piece)) await take(part);
    if (walk.isDone) return;
  }
  throw badArchive(archive, `there is no whole ${name} in it`);
}

class TarWalk {
  readonly #archive: string;
  readonly #name: string;
  #header = Buffer.alloc(0);
  /** Of the present entry. */
  #isWanted = false;
  #left = 0;
  #padding = 0;
  isDone = false;

  constructor(archive: string, name: string) {
    this.#archive = archive;
    this.#name = name;
  }

  /** What of this piece belongs to the wanted file. */
  *push(piece: Buffer): Generator<Buffer> {
    for (let rest = piece; rest.length > 0 && !this.isDone; ) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (this.#isWanted) yield part;
        this.isDone = this.#isWanted && this.#left === 0;
      } else if (this.#padding > 0) {
        const passed = Math.min(this.#padding, rest.length);
        this.#padding -= passed;
        rest = rest.subarray(passed);
      } else {
        const part = rest.subarray(0, blockBytes - this.#header.length);
        this.#header = Buffer.concat([this.#header, part]);
        rest = rest.subarray(part.length);
        if (this.#header.length === blockBytes) this.#begin();
      }
    }
  }

  #begin(): void {
    const { name, size } = readHeader(this.#header, this.#archive);
    this.#header = Buffer.alloc(0);
    this.#isWanted = name === this.#name && size > 0;
    this.#left = size;
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes;
  }
}

async function* gunzipped(archive: string): AsyncGenerator<Buffer> {
  const unzip = createGunzip();
  const source = createReadStream(archive);
  source.on("error", (error) => unzip.destroy(error));
  try {
    for await (const piece of source.pipe(unzip)) yield piece as Buffer;
  } catch (cause) {
    throw cause instanceof AppError ? cause : badArchive(archive, cause);
  } finally {
    source.destroy();
  }
}

function readHeader(block: Buffer, archive: string): Header {
  const text = (from: number, length: number): string =>
    (
      block
        .subarray(from, from + length)
        .toString("latin1")
        .split("\0", 1)[0] ?? ""
    ).trim();
  const size = Number.parseInt(text(124, 12) || "0", 8);
  if (!Number.isInteger(size) || size < 0 || size > mostBytes) throw badArchive(archive, "an entry has no proper size");
  const isFile = ["0", ""].includes(text(156, 1));
  return { name: isFile ? text(0, 100).replace(/^\.\//, "") : "", size };
}

function badArchive(archive: string, cause: unknown): PermanentError {
  return new PermanentError("mediamtx.bad-archive", `${archive} is not the archive that it should be`, { cause });
}

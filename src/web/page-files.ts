// The built page, held in memory: a handful of small files, so that no path of a request ever reaches the disk.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { errorCode } from "../foundation/errors.ts";

export interface PageFile {
  readonly body: Buffer;
  /** Undefined where it would not be smaller. */
  readonly gzipped: Buffer | undefined;
  readonly type: string;
  readonly etag: string;
  /** Its name holds a hash of its content. */
  readonly isImmutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

export class PageFiles {
  readonly #directory: string;
  #files: ReadonlyMap<string, PageFile> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `path` is relative, such as `assets/main-a1b2c3.js`; undefined where there is no such file. */
  find(path: string): PageFile | undefined {
    // Built after our start: looked for until it is there.
    if (!this.#files.has("index.html")) this.#files = load(this.#directory);
    return this.#files.get(path);
  }
}

function load(directory: string): ReadonlyMap<string, PageFile> {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.map((path) => [relative(directory, path), readPageFile(path)]));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return new Map();
    throw error;
  }
}

function readPageFile(path: string): PageFile {
  const body = readFileSync(path);
  const gzipped = gzipSync(body, { level: 9 });
  return {
    body,
    gzipped: gzipped.length < body.length ? gzipped : undefined,
    type: types[extname(path)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    isImmutable: /-[\w-]{8}\.\w+$/.test(path),
  };
}

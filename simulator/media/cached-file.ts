// Files that are expensive to make and kept on disk: made by one process while the others wait, visible only when complete.
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface CachedFile {
  readonly directory: string;
  /** Must change whenever the content would: put a version and all parameters into it. */
  readonly name: string;
  /** Writes the file at the path it is given. */
  make(path: string): Promise<void>;
}

export const defaultCacheDirectory = fileURLToPath(
  new URL("../../node_modules/.cache/belfry-simulator", import.meta.url),
);

/** Other processes tell us nothing: we look. */
const lookIntervalMs = 100;
/** Nothing takes so long to make; a lock as old as this was left behind. */
const staleLockMs = 120_000;

const beingMade = new Map<string, Promise<string>>();

/** The path of the file, which is made first if it does not exist yet. */
export function cachedFile(file: CachedFile): Promise<string> {
  const path = join(file.directory, file.name);
  const known = beingMade.get(path);
  if (known) return known;
  const made = findOrMake(file, path).finally(() => beingMade.delete(path));
  beingMade.set(path, made);
  return made;
}

async function findOrMake(file: CachedFile, path: string): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(file.directory, { recursive: true });
  const lock = `${path}.lock`;
  while (!(await takeLock(lock))) {
    await delay(lookIntervalMs);
    if (await exists(path)) return path;
  }
  // The extension stays last: FFmpeg chooses its format by it.
  const draft = join(file.directory, `draft-${randomUUID()}-${file.name}`);
  try {
    if (await exists(path)) return path;
    await file.make(draft);
    await rename(draft, path);
    return path;
  } finally {
    await rm(draft, { force: true });
    await rm(lock, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, "wx");
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  if (await isLeftBehind(lock)) await rm(lock, { force: true });
  return false;
}

async function isLeftBehind(lock: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = [Number(await readFile(lock, "utf8")), await stat(lock)];
    if (Date.now() - mtimeMs > staleLockMs) return true;
    // An empty lock is one that is just being written.
    if (owner > 0) process.kill(owner, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

// A temporary file that nobody else can open and that is gone with the process, whatever ends it.
import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The name is removed at once; the file lives until the handle is closed. */
export async function openScratchFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `belfry-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}

// A write may take less than it was given, for example on a disk that is nearly full: the rest is for the next one, which says why.
import type { FileHandle } from "node:fs/promises";

/** Rejects as the write does that takes nothing. */
export async function writeAll(handle: Pick<FileHandle, "write">, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error("nothing more can be written");
    done += bytesWritten;
  }
}

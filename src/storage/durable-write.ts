// Writing a file so that, whenever the power goes, there is either the old content or the new one, never half of one.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { errorCode, PermanentError } from "../foundation/errors.ts";

/** Only its owner may read what is written: it holds tokens. */
const privateMode = 0o600;

/** Where it is missing; only its owner may look into it. Throws PermanentError. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(directory, error);
  }
}

/** On the disk, directory entry included, when it returns. */
export function replaceDurably(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeSynced(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Gives `from` a second name; `from` stays as it is, and so does an older `to` until the new one is complete. */
export function copyDurably(from: string, to: string): void {
  const temporary = `${to}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    try {
      linkSync(from, temporary);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return;
      // File systems without hard links (network shares, FAT).
      copyFileSync(from, temporary, constants.COPYFILE_EXCL);
    }
    renameSync(temporary, to);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, "wx", privateMode);
  try {
    fchmodSync(file, privateMode);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } catch (error) {
    // Some network file systems know no fsync of directories.
    if (!["EINVAL", "ENOTSUP", "EPERM"].includes(errorCode(error))) throw error;
  } finally {
    closeSync(directory);
  }
}

/** One sentence for the owner, whatever the file system said. */
export function storageError(path: string, cause: unknown): PermanentError {
  switch (errorCode(cause)) {
    case "ENOSPC":
    case "EDQUOT":
      return new PermanentError("storage.full", `${path} cannot be saved: the disk is full; free some space`, {
        cause,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new PermanentError(
        "storage.denied",
        `${path} cannot be read and written; make its directory writable for this user`,
        { cause },
      );
    case "ENOTDIR":
    case "EEXIST":
      return new PermanentError("storage.denied", `${path} is not in a directory; choose another data directory`, {
        cause,
      });
    default:
      return new PermanentError("storage.failed", `${path} cannot be read or saved`, { cause });
  }
}

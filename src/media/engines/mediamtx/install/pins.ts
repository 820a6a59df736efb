// The release of MediaMTX that this Belfry was tested with: where its file is for each architecture, and what it must be.
import { readFileSync } from "node:fs";
import { PermanentError } from "../../../../foundation/errors.ts";

export interface Pin {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
}

/** As Debian names them; `process.arch` by ours. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Throws PermanentError `mediamtx.no-pin` where there is none for this machine: what is not pinned is not installed. */
export function readPin(pinsFile: string, arch: string): Pin {
  const architecture = architectures[arch] ?? arch;
  const file = fieldsOf(fieldsOf(fieldsOf(readPins(pinsFile)["mediamtx"])["files"])[architecture]);
  const { url, sha256 } = file;
  if (typeof url === "string" && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return { url, sha256 };
  const cure = "install MediaMTX yourself and set mediamtx_path, or set stream_engine to builtin";
  throw new PermanentError(
    "mediamtx.no-pin",
    `this Belfry does not know which MediaMTX file is the right one for ${architecture} (${pinsFile} has no entry), so it downloads none: ${cure}`,
  );
}

function readPins(pinsFile: string): Fields {
  try {
    return fieldsOf(JSON.parse(readFileSync(pinsFile, "utf8")));
  } catch (cause) {
    throw new PermanentError("mediamtx.no-pin", `${pinsFile} cannot be read, so no MediaMTX can be downloaded`, {
      cause,
    });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

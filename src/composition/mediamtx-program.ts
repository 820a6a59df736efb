// Which MediaMTX is used: one that is there, else the pinned one, downloaded where the owner allows it.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type FoundMediamtx, findMediamtx } from "../media/engines/mediamtx/find-mediamtx.ts";
import { installedProgram, installMediamtx } from "../media/engines/mediamtx/install/install-mediamtx.ts";
import { readPin } from "../media/engines/mediamtx/install/pins.ts";

export interface MediamtxProgramOptions {
  readonly settings: Settings;
  readonly dataDirectory: string;
  /** Id of the data directory. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Beside the sources and beside the compiled code alike. */
const pinsFile = fileURLToPath(new URL("../../pins.json", import.meta.url));

export const mediamtxDirectory = (dataDirectory: string): string => join(dataDirectory, "mediamtx");

/** Rejects with PermanentError `mediamtx.missing` where there is none and none may be downloaded, or as finding and installing do. */
export async function obtainMediamtx(options: MediamtxProgramOptions): Promise<FoundMediamtx> {
  const found = await find(options);
  if (found) return found;
  const { settings } = options;
  if (!settings.mediamtx_download)
    throw new PermanentError(
      "mediamtx.missing",
      "MediaMTX is not installed: set mediamtx_download, run npm run mediamtx:install, set mediamtx_path, or set stream_engine to builtin",
    );
  await install(options, (line) => options.logger.info(line));
  const installed = await find(options);
  if (installed) return installed;
  throw new PermanentError("mediamtx.missing", "MediaMTX was installed, but is not to be found");
}

/** Downloads the pinned one, whatever else is there; resolves with the program. */
export function install(
  { settings, dataDirectory, clock, signal }: Omit<MediamtxProgramOptions, "instance" | "logger">,
  say: (line: string) => void,
): Promise<string> {
  return installMediamtx({
    pin: readPin(pinsFile, process.arch),
    mirror: settings.mediamtx_mirror || undefined,
    directory: mediamtxDirectory(dataDirectory),
    say,
    clock,
    signal,
  });
}

function find(options: MediamtxProgramOptions): Promise<FoundMediamtx | undefined> {
  const { settings, dataDirectory } = options;
  const places = {
    named: [
      { by: "the setting mediamtx_path", path: settings.mediamtx_path },
      { by: "the variable MEDIAMTX_BIN", path: process.env["MEDIAMTX_BIN"] ?? "" },
    ],
    searchPath: process.env["PATH"] ?? "",
    installed: installedProgram(mediamtxDirectory(dataDirectory)),
  };
  return findMediamtx(places, options);
}

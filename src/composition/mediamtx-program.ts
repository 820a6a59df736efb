// Which MediaMTX is used: one that is there, else the pinned one, downloaded where the owner allows it.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import { errorCode, errorText, PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type FoundMediamtx, findMediamtx } from "../media/engines/mediamtx/find-mediamtx.ts";
import { installedProgram, installMediamtx } from "../media/engines/mediamtx/install/install-mediamtx.ts";
import { readPin } from "../media/engines/mediamtx/install/pins.ts";
import { DirectoryClaim } from "../storage/directory-claim.ts";

export interface MediamtxProgramOptions {
  readonly settings: Settings;
  readonly dataDirectory: string;
  /** Id of the data directory. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly pinsFile?: string;
}

/** Beside the sources and beside the compiled code alike. */
const usualPinsFile = fileURLToPath(new URL("../../pins.json", import.meta.url));

export const mediamtxDirectory = (dataDirectory: string): string => join(dataDirectory, "mediamtx");

/** Rejects with PermanentError `mediamtx.missing` where there is none and none may be downloaded, or as finding and installing do. */
export async function obtainMediamtx(options: MediamtxProgramOptions): Promise<FoundMediamtx> {
  const found = await findOrReplace(options);
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

/** One that will not do and that nobody has named is no reason not to download another. */
async function findOrReplace(options: MediamtxProgramOptions): Promise<FoundMediamtx | undefined> {
  try {
    return await find(options);
  } catch (error) {
    const isNamed = namedPlaces(options.settings).some(({ path }) => path !== "");
    if (isNamed || !options.settings.mediamtx_download || errorCode(error) !== "mediamtx.version") throw error;
    options.logger.info(`${errorText(error)}: another one is downloaded`);
    return undefined;
  }
}

/**
 * Downloads the pinned one, whatever else is there; resolves with the program. Rejects with TransientError `mediamtx.installing` where
 * another process is about to do the same.
 */
export async function install(
  {
    settings,
    dataDirectory,
    clock,
    logger,
    signal,
    pinsFile = usualPinsFile,
  }: Omit<MediamtxProgramOptions, "instance">,
  say: (line: string) => void,
): Promise<string> {
  const pin = readPin(pinsFile, process.arch);
  await using _claim = await claim(mediamtxDirectory(dataDirectory), logger);
  return await installMediamtx({
    pin,
    mirror: settings.mediamtx_mirror || undefined,
    directory: mediamtxDirectory(dataDirectory),
    say,
    clock,
    signal,
  });
}

async function claim(directory: string, logger: Logger): Promise<DirectoryClaim> {
  try {
    return await DirectoryClaim.take(directory, logger);
  } catch (cause) {
    if (errorCode(cause) !== "storage.in-use") throw cause;
    throw new TransientError(
      "mediamtx.installing",
      `MediaMTX is being installed into ${directory} by another process; try again when that is done`,
    );
  }
}

interface NamedPlace {
  readonly by: string;
  /** Empty: not given. */
  readonly path: string;
}

function namedPlaces(settings: Settings): readonly NamedPlace[] {
  return [
    { by: "the setting mediamtx_path", path: settings.mediamtx_path },
    { by: "the variable MEDIAMTX_BIN", path: process.env["MEDIAMTX_BIN"] ?? "" },
  ];
}

function find(options: MediamtxProgramOptions): Promise<FoundMediamtx | undefined> {
  const { settings, dataDirectory } = options;
  const places = {
    named: namedPlaces(settings),
    searchPath: process.env["PATH"] ?? "",
    installed: installedProgram(mediamtxDirectory(dataDirectory)),
  };
  return findMediamtx(places, options);
}

// Where running simulators can be found: a small file of each in the temporary directory, or an environment variable.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { valueAt } from "../json.ts";

const fileName = /^belfry-simulator-(\d+)\.json$/;

/** Lets `npm run ring` find this simulator until disposed. */
export function announce(controlUrl: string): Disposable {
  const path = join(tmpdir(), `belfry-simulator-${process.pid}.json`);
  writeFileSync(path, JSON.stringify({ controlUrl }));
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** The control URL from BELFRY_SIMULATOR, else that of the newest simulator that runs. */
export function findControlUrl(environment: NodeJS.ProcessEnv = process.env): string {
  const url = environment["BELFRY_SIMULATOR"] ?? announcedUrl();
  if (url !== undefined) return url.replace(/\/$/, "");
  throw new Error(
    "no simulated Ring cloud is running here: start scripts/demo or npm run simulator, or set BELFRY_SIMULATOR to its control URL",
  );
}

function announcedUrl(): string | undefined {
  const newest = readdirSync(tmpdir())
    .filter((name) => isAlive(Number(fileName.exec(name)?.[1])))
    .map((name) => join(tmpdir(), name))
    .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at)
    .at(0);
  const url = newest && valueAt(JSON.parse(readFileSync(newest.path, "utf8")), "controlUrl");
  return typeof url === "string" ? url : undefined;
}

/** A killed simulator leaves its file behind. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

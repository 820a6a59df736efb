// Where the running simulator can be found: a small file in the temporary directory, or an environment variable.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { valueAt } from "../json.ts";

const path = join(tmpdir(), "belfry-simulator.json");

/** Lets `npm run ring` find this simulator. The newest one wins; disposing takes only our own announcement back. */
export function announce(controlUrl: string): Disposable {
  writeFileSync(path, JSON.stringify({ controlUrl, pid: process.pid }));
  return {
    [Symbol.dispose]: () => {
      if (announcedUrl() === controlUrl) rmSync(path, { force: true });
    },
  };
}

/** The control URL from BELFRY_SIMULATOR or from the announcement. */
export function findControlUrl(environment: NodeJS.ProcessEnv = process.env): string {
  const url = environment["BELFRY_SIMULATOR"] ?? announcedUrl();
  if (url !== undefined) return url.replace(/\/$/, "");
  throw new Error(
    "no simulated Ring cloud is running here: start scripts/demo or npm run simulator, or set BELFRY_SIMULATOR to its control URL",
  );
}

function announcedUrl(): string | undefined {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const url = valueAt(JSON.parse(content), "controlUrl");
  return typeof url === "string" ? url : undefined;
}

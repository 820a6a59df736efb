// Builds the page into dist/page where it is missing or older than its source; for runs from source (npm start, demo, tests).
import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = join(dirname(fileURLToPath(import.meta.url)), "..");
const built = join(top, "dist/page/index.html");
const vite = join(top, "node_modules/vite/bin/vite.js");
const sources = ["src/web/page/*", "src/web/house-status.ts", "src/web/sign-in-service.ts", "package-lock.json"];

const changedAt = (path: string): number => statSync(path).mtimeMs;

function isCurrent(): boolean {
  if (!existsSync(built)) return false;
  const builtAt = changedAt(built);
  return sources.flatMap((glob) => globSync(join(top, glob))).every((path) => changedAt(path) <= builtAt);
}

/** Everything else of Belfry works without the page, so a failure is said and no more. */
function build(): void {
  if (!existsSync(vite)) {
    process.stderr.write("the page is not built: its builder is not installed; run 'npm ci' without --omit=dev once\n");
    return;
  }
  const args = [vite, "build", join(top, "src/web/page"), "--configLoader", "native"];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", cwd: top });
  if (status !== 0) process.stderr.write("the page could not be built; Belfry runs without it\n");
}

if (!isCurrent()) build();

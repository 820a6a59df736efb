// scripts/update-pins without the installing.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchPins, internet } from "./lib/pins/fetch-pins.ts";
import { missingPins, pinBase, readPins, writePins } from "./lib/pins/pins.ts";

const usage = `usage: scripts/update-pins [--check]

Writes the digest of the image's base and the hashes of MediaMTX into pins.json, and the base into the Dockerfile.
  --check   fetches nothing; exits with 1 where a release would be built from something that is not pinned
`;

const pinsPath = fileURLToPath(new URL("../pins.json", import.meta.url));
const dockerfilePath = fileURLToPath(new URL("../Dockerfile", import.meta.url));

async function main(): Promise<number> {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { check: flag, help: flag } });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.check) {
    const missing = missingPins(readPins(pinsPath));
    for (const sentence of missing) process.stderr.write(`${sentence}\n`);
    return missing.length === 0 ? 0 : 1;
  }
  const pins = await fetchPins(readPins(pinsPath), internet);
  writePins(pinsPath, pins);
  writeFileSync(dockerfilePath, pinBase(readFileSync(dockerfilePath, "utf8"), pins));
  process.stdout.write(`base ${pins.base.digest ?? ""}, MediaMTX ${pins.mediamtx?.version ?? ""}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`update-pins: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

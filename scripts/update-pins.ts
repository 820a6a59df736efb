// scripts/update-pins without the installing.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchPins, internet } from "./lib/pins/fetch-pins.ts";
import { baseReference, complaintsAboutPins, pinBase, readPins, writePins } from "./lib/pins/pins.ts";

const usage = `usage: scripts/update-pins [--check]

Writes the digest of the image's base and the hashes of MediaMTX into pins.json, and the base into the Dockerfile.
  --check   for whoever releases: fetches nothing, names what is not pinned, and exits with 1 where there is anything
`;

const pinsPath = fileURLToPath(new URL("../pins.json", import.meta.url));
const dockerfilePath = fileURLToPath(new URL("../Dockerfile", import.meta.url));

function check(): number {
  const pins = readPins(pinsPath);
  const complaints = complaintsAboutPins(pins, readFileSync(dockerfilePath, "utf8"));
  for (const sentence of complaints) process.stderr.write(`NOT PINNED: ${sentence}\n`);
  if (complaints.length > 0) return 1;
  process.stdout.write(`pinned: ${baseReference(pins)}, MediaMTX ${pins.mediamtx?.version ?? ""}\n`);
  return 0;
}

async function main(): Promise<number> {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { check: flag, help: flag } });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.check) return check();
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

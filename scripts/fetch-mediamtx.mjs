// Puts the pinned MediaMTX into the working directory, for the image: node fetch-mediamtx.mjs amd64|arm64. Refuses what is
// not pinned and what is not the pinned file. Plain JavaScript: it runs beside no other file of ours.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

const [architecture = ""] = process.argv.slice(2);
const { mediamtx } = JSON.parse(readFileSync(new URL("pins.json", import.meta.url), "utf8"));
const pin = mediamtx?.files?.[architecture];

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

if (!pin)
  refuse(
    `pins.json has no MediaMTX for ${architecture}: run scripts/update-pins on a machine with internet, or build with MEDIAMTX=without`,
  );
const answer = await fetch(pin.url, { signal: AbortSignal.timeout(300_000) });
if (!answer.ok) refuse(`${pin.url} answers ${answer.status}; run scripts/update-pins if it has moved`);
const archive = Buffer.from(await answer.arrayBuffer());
const hash = createHash("sha256").update(archive).digest("hex");
if (hash !== pin.sha256)
  refuse(`${pin.url} is not the pinned file: its SHA-256 is ${hash}, pins.json says ${pin.sha256}`);
writeFileSync("mediamtx.tar.gz", archive);
execFileSync("tar", ["-xzf", "mediamtx.tar.gz", "mediamtx"]);
rmSync("mediamtx.tar.gz");

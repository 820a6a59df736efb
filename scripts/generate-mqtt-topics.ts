// Writes docs/mqtt-topics.md. `--check` writes nothing and exits with 1 where it is not what the entity tables say.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderTopics } from "./lib/mqtt-topics/render-topics.ts";

const path = fileURLToPath(new URL("../docs/mqtt-topics.md", import.meta.url));
const wanted = renderTopics();
if (!process.argv.includes("--check")) writeFileSync(path, wanted);
else if (readFileSync(path, "utf8") !== wanted) {
  process.stderr.write(
    "docs/mqtt-topics.md does not follow from the entity tables: run node scripts/generate-mqtt-topics.ts\n",
  );
  process.exitCode = 1;
}

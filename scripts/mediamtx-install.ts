// npm run mediamtx:install: downloads the pinned MediaMTX into the data directory, checks it, and puts it into its place.
import { parseArgs } from "node:util";
import { dataDirectoryOf } from "../src/composition/data-directory.ts";
import { createLogSink } from "../src/composition/log-sink.ts";
import { install } from "../src/composition/mediamtx-program.ts";
import { loadSettings } from "../src/config/load.ts";
import { systemClock } from "../src/foundation/clock.ts";
import { codedText } from "../src/foundation/errors.ts";
import { createLogger } from "../src/foundation/logger.ts";
import { Redactor } from "../src/foundation/redact.ts";

const usage = `usage: npm run mediamtx:install -- [--data directory]

Downloads the release of MediaMTX that this Belfry was tested with (see pins.json) into Belfry's data directory. The setting
mediamtx_mirror (or BELFRY_MEDIAMTX_MIRROR) names another place to get the same file from.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const dataDirectory = dataDirectoryOf(values.data, process.env);
  const { settings } = loadSettings({ environment: process.env, dataDirectory });
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(new Error("interrupted; the next run goes on from here")));
  const write = (line: string): void => void process.stdout.write(line);
  const logger = createLogger(createLogSink(settings.log_level, write), new Redactor());
  const options = { settings, dataDirectory, clock: systemClock, logger, signal: interrupt.signal };
  await install(options, (line) => write(`${line}\n`));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${codedText(error)}\n`);
  process.exitCode = 1;
}

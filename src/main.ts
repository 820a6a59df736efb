// The process: command line, signals, exit code. Everything else is app.ts.
import { parseArgs } from "node:util";
import { App } from "./app.ts";
import { dataDirectoryOf } from "./composition/data-directory.ts";
import { createLogSink } from "./composition/log-sink.ts";
import { supervisorOf } from "./composition/supervisor-access.ts";
import { loadSettings } from "./config/load.ts";
import { StopError } from "./foundation/abort.ts";
import { systemClock } from "./foundation/clock.ts";
import { AppError, errorText } from "./foundation/errors.ts";
import { createLogger, type Logger } from "./foundation/logger.ts";
import { Redactor } from "./foundation/redact.ts";

/** Asked to by its owner: whatever runs Belfry is to start it again. */
const restartExitCode = 75;

const writeLine = (line: string): void => void process.stdout.write(line);

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: "string" }, data: { type: "string" } } });
  const dataDirectory = dataDirectoryOf(values.data, process.env);
  const configFile = values.config ?? process.env["BELFRY_CONFIG"];
  const { settings, warnings, source } = loadSettings({ environment: process.env, dataDirectory, configFile });
  const redactor = new Redactor();
  const logger = createLogger(createLogSink(settings.log_level, writeLine), redactor);
  for (const warning of warnings) logger.warn(warning);
  if (source) logger.debug(`settings were read from ${source}`);
  surviveForeignErrors(logger);
  let exitCode = 0;
  const stopping = stopController(logger);
  const restart = (): void => {
    logger.info("stopping, to be started again");
    exitCode = restartExitCode;
    stopping.abort(new StopError("shutdown"));
  };
  const supervisor = supervisorOf(process.env);
  const app = await App.start({
    settings,
    dataDirectory,
    logger,
    redactor,
    supervisor,
    clock: systemClock,
    signal: stopping.signal,
    restart,
  });
  await app.finished;
  return exitCode;
}

/** Aborts at SIGTERM or SIGINT; a second one ends the process at once. */
function stopController(logger: Logger): AbortController {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(1);
    logger.info(`stopping (${name})`);
    controller.abort(new StopError("shutdown"));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return controller;
}

/** A library that throws in a timer or forgets a promise must not take cameras off the air; our own bugs end the process. */
function surviveForeignErrors(logger: Logger): void {
  const handle = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    if (error instanceof StopError) return;
    logger.error("something failed outside of our control", error);
    logger.debug(() => stack);
    if (!stack.includes("/node_modules/") && !(error instanceof AppError)) {
      logger.fatal("this is a bug in Belfry; it ends so that it can be started anew");
      process.exit(1);
    }
  };
  process.on("uncaughtException", handle);
  process.on("unhandledRejection", handle);
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`belfry: ${errorText(error)}\n`);
  process.exitCode = 1;
}
// Handles of libraries may linger; we are done.
process.exit();

// The process: command line, signals, exit code. Everything else is app.ts.
import { parseArgs } from "node:util";
import { Breakdowns } from "./composition/breakdowns.ts";
import { dataDirectoryOf } from "./composition/data-directory.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./composition/exit-codes.ts";
import { createLogSink } from "./composition/log-sink.ts";
import { version } from "./composition/version.ts";
import { loadSettings } from "./config/load.ts";
import { abortable, StopError } from "./foundation/abort.ts";
import { delay, systemClock } from "./foundation/clock.ts";
import { AppError, codedText } from "./foundation/errors.ts";
import { createLogger, type Logger } from "./foundation/logger.ts";
import { Redactor } from "./foundation/redact.ts";

const writeLine = (line: string): void => void process.stdout.write(line);

async function run(): Promise<ExitCode> {
  const { values } = parseArgs({ options: { config: { type: "string" }, data: { type: "string" } } });
  const dataDirectory = dataDirectoryOf(values.data, process.env);
  const configFile = values.config ?? process.env["BELFRY_CONFIG"];
  const { settings, warnings, source } = loadSettings({ environment: process.env, dataDirectory, configFile });
  const redactor = new Redactor();
  const logger = createLogger(createLogSink(settings.log_level, writeLine), redactor);
  for (const warning of warnings) logger.warn(warning);
  if (source) logger.debug(`settings were read from ${source}`);
  const breakdowns = new Breakdowns(dataDirectory, () => systemClock.now());
  surviveForeignErrors(logger, breakdowns);
  const stopping = stopController(logger);
  const { signal } = stopping;
  let exitCode: ExitCode = exitCodes.stopped;
  const restart = (): void => {
    logger.info("stopping, to be started again");
    exitCode = exitCodes.again;
    stopping.abort(new StopError("shutdown"));
  };
  logger.info(`Belfry ${version} starts`);
  try {
    await waitAfter(breakdowns, logger, signal);
    // Loading the rest takes seconds on a small board; by now a stop is heeded.
    const rest = Promise.all([import("./app.ts"), import("./composition/supervisor-access.ts")]);
    const [{ App }, { supervisorOf }] = await abortable(rest, signal);
    const supervisor = supervisorOf(process.env);
    const clock = systemClock;
    const app = await App.start({ settings, dataDirectory, logger, redactor, supervisor, clock, signal, restart });
    await app.finished;
  } catch (error) {
    if (!signal.aborted) throw counted(error, breakdowns);
  }
  breakdowns.forget();
  return exitCode;
}

/** Whatever starts us again does so at once, and so does a bug break us again. */
async function waitAfter(breakdowns: Breakdowns, logger: Logger, signal: AbortSignal): Promise<void> {
  const { count, pauseMs } = breakdowns;
  if (pauseMs === 0) return;
  logger.warn(`Belfry has broken down ${count} times in a row; it waits ${pauseMs / 1000} s before the next try`);
  await delay(systemClock, pauseMs, signal);
}

/** One that is worth a restart is a breakdown. */
function counted(error: unknown, breakdowns: Breakdowns): unknown {
  if (exitCodeOf(error) !== exitCodes.refused) breakdowns.add();
  return error;
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
function surviveForeignErrors(logger: Logger, breakdowns: Breakdowns): void {
  const handle = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    if (error instanceof StopError) return;
    logger.error("something failed outside of our control", error);
    logger.debug(() => stack);
    if (!stack.includes("/node_modules/") && !(error instanceof AppError)) {
      logger.fatal("this is a bug in Belfry; it ends so that it can be started anew");
      breakdowns.add();
      process.exit(exitCodes.bug);
    }
  };
  process.on("uncaughtException", handle);
  process.on("unhandledRejection", handle);
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`belfry: ${codedText(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
// Handles of libraries may linger; we are done.
process.exit();

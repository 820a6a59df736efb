// The demo as people use it: starts everything, prints the table, and runs until Ctrl-C.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { ObservedMessage } from "../../../test/support/mqtt-observer.ts";
import type { DemoArguments } from "./arguments.ts";
import { cameraTable } from "./camera-table.ts";
import type { DemoRun } from "./demo-run.ts";
import { type Stage, startStage } from "./stage.ts";

/** A start that is interrupted may come to its end for so long; then what runs is ended by force. */
const startLimitMs = 1_500;

class Interruption extends Error {}

const interrupted = async (): Promise<never> => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  throw new Interruption();
};

export async function runUntilInterrupted({ accountPath, engine }: DemoArguments, run: DemoRun): Promise<number> {
  const interruption = interrupted();
  // Others wait for it below; this is for the time between.
  interruption.catch(() => undefined);
  process.stdout.write("Starting the simulated Ring cloud, a broker and Belfry ...\n\n");
  const start = startStage({ accountPath, engine, mark: run.mark, usesUsualPorts: true, onLine: printLine });
  try {
    await using stage = await Promise.race([start, interruption]);
    const table = await Promise.race([stage.home.allAvailable().then(() => cameraTable(stage)), interruption]);
    process.stdout.write(`\n${table}\n`);
    using _messages = stage.home.observer.subscribe(printState);
    await Promise.race([interruption, stage.belfry.exited]);
    throw new Error("Belfry ended by itself; its last words are above");
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    await endUnfinished(start);
    process.stdout.write("\n");
    return 0;
  }
}

/** Does nothing to a stage that has been ended already. */
async function endUnfinished(start: Promise<Stage>): Promise<void> {
  const patience = pause(startLimitMs, undefined, { ref: false });
  const stage = await Promise.race([start.catch(() => undefined), patience]);
  await stage?.[Symbol.asyncDispose]();
}

const shownTopics = /\/(ding|motion|light|siren|stream)\/state$/;

const printState = ({ topic, text }: ObservedMessage): void => {
  if (shownTopics.test(topic)) process.stdout.write(`mqtt   | ${topic} ${text}\n`);
};

const printLine = (line: string): void => void process.stdout.write(`belfry | ${line}\n`);

// The demo as people use it: starts everything, prints the table, and runs until Ctrl-C.
import { once } from "node:events";
import { announce } from "../../../simulator/control/announcement.ts";
import type { DemoArguments } from "./arguments.ts";
import { cameraTable } from "./camera-table.ts";
import type { DemoRun } from "./demo-run.ts";
import { startStage } from "./stage.ts";

/** An interrupted start has nothing to tidy up in order: what runs is ended by force. */
const interrupted = async (): Promise<never> => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  throw new Interruption();
};

class Interruption extends Error {}

export async function runUntilInterrupted({ accountPath }: DemoArguments, run: DemoRun): Promise<number> {
  const interruption = interrupted();
  // It is looked at twice below; in between nobody waits for it.
  interruption.catch(() => undefined);
  try {
    process.stdout.write("Starting the simulated Ring cloud, a broker and Belfry ...\n\n");
    const start = startStage({ accountPath, mark: run.mark, usesUsualPorts: true, onLine: printLine });
    start.catch(() => undefined);
    await using stage = await Promise.race([start, interruption]);
    using _announcement = announce(stage.home.cloud.controlUrl);
    const table = await Promise.race([stage.home.allAvailable().then(() => cameraTable(stage)), interruption]);
    process.stdout.write(`\n${table}\n`);
    await Promise.race([interruption, stage.belfry.exited]);
    throw new Error("Belfry ended by itself; its last words are above");
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    process.stdout.write("\n");
    return 0;
  }
}

const printLine = (line: string): void => void process.stdout.write(`belfry | ${line}\n`);

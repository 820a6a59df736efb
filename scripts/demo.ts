// scripts/demo without the installing: the simulated home with Belfry in it, to try or to check.
import { readArguments, usage } from "./lib/demo/arguments.ts";
import { runCheck } from "./lib/demo/check.ts";
import { DemoRun } from "./lib/demo/demo-run.ts";
import { runUntilInterrupted } from "./lib/demo/run-until-interrupted.ts";

async function main(): Promise<number> {
  const demo = readArguments(process.argv.slice(2), process.stdout.isTTY);
  if (demo.wantsHelp) {
    process.stdout.write(usage);
    return 0;
  }
  const run = new DemoRun();
  try {
    return await (demo.isCheck ? runCheck(demo, run) : runUntilInterrupted(demo, run));
  } finally {
    await run.killLeftovers();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// Whatever a library still holds open, we are done.
process.exit();

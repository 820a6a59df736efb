// Facts about the end: Belfry stops when it is told to, leaves nothing behind, and asked for nothing that it should not.
import { monotonicUnixMs } from "../../../../test/support/monotonic-unix-ms.ts";
import type { DemoRun } from "../demo-run.ts";
import { milliseconds, type Report, require } from "../report.ts";
import type { Stage } from "../stage.ts";

/** Stops Belfry and the stage; measured on the way. */
export async function checkAfterwards(stage: Stage, run: DemoRun, report: Report): Promise<void> {
  const { belfry, home } = stage;
  const from = home.observer.position;
  await report.fact("Belfry stops on SIGTERM with exit code 0", async () => {
    const begin = monotonicUnixMs();
    const { code, signal } = await belfry.stop();
    require(code === 0, `it ended with ${code ?? signal}`);
    await home.observer.waitFor("the bridge being offline", "ring/bridge/status", { payload: "offline", from });
    return `after ${milliseconds(monotonicUnixMs() - begin)}, status offline`;
  });
  await report.fact("no name was looked up outside loopback", async () => {
    const refused = home.cloud.refusals.map(({ what, host }) => `${what} of ${host}`);
    require(refused.length === 0, refused.join(", "));
    return "0 refused";
  });
  await report.fact("no violation in the journal of the simulated Ring", async () => {
    const violations = home.cloud.journal.violations.map(({ details }) => JSON.stringify(details));
    require(violations.length === 0, violations.slice(0, 5).join("; "));
    return `${home.cloud.journal.entries({ kind: "http.answered" }).length} requests, 0 violations`;
  });
  await stage[Symbol.asyncDispose]();
  await report.fact("no process is left", async () => {
    const left = (await run.leftovers()).map(({ pid, command }) => `${pid} ${command.slice(0, 80)}`);
    require(left.length === 0, left.join("; "));
    return "0 left";
  });
}

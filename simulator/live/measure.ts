// Prints what live calls cost the simulator: CPU share of this process with 0, 1 and 8 calls, whose viewers run in a child.
//   node simulator/live/measure.ts [seconds]
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startRig } from "./live-rig.fixtures.ts";

const seconds = Number(process.argv[2] ?? 10);
const warmUpMs = 3000;
const viewerScript = fileURLToPath(new URL("./measure-viewers.ts", import.meta.url));

async function measure(calls: number): Promise<void> {
  await using rig = await startRig();
  const viewers = calls > 0 ? fork(viewerScript, [rig.url, String(rig.stunPort), ...rig.newTickets(calls)]) : undefined;
  if (viewers) {
    const [answer] = await Promise.race([once(viewers, "message"), once(viewers, "exit")]);
    if (answer !== "ready") throw new Error("the viewers ended before they had video");
  }
  // The first seconds are spent on starting and on compiling what runs often.
  await sleep(warmUpMs);
  const [cpu, startMs] = [process.cpuUsage(), performance.now()];
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const percent = ((user + system) / 1000 / (performance.now() - startMs)) * 100;
  const perCall = calls > 0 ? `, ${(percent / calls).toFixed(2)} % per call` : "";
  const memory = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  console.log(`${calls} calls: ${percent.toFixed(2)} % of a core${perCall}; ${memory} MiB resident`);
  if (!viewers) return;
  viewers.kill();
  await once(viewers, "close");
}

for (const calls of [0, 1, 8]) await measure(calls);
process.exit(0);

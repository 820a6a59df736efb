// How long a container took until its cameras were all there, and how much of that was the machine's doing and not Belfry's.
import { existsSync, readFileSync } from "node:fs";
import { seconds } from "../../../scripts/lib/demo/report.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { belfryIn } from "./container-home.ts";
import type { Container } from "./podman.ts";

export interface StartTime {
  /** Without what others took from us. */
  readonly ownMs: number;
  readonly text: string;
}

/** To be asked right at the end of the start. */
export async function startTimeOf(container: Container): Promise<StartTime> {
  const tookMs = monotonicUnixMs() - (await container.startedAt());
  const waitedMs = waitedForProcessor(await belfryIn(container));
  const busy = waitedMs < 100 ? "" : `, ${seconds(waitedMs)} of it for a processor that others had`;
  return { ownMs: tookMs - waitedMs, text: `${seconds(tookMs)} after the start of the container${busy}` };
}

/** Of the main thread, since its start; nothing where the kernel does not count that. */
function waitedForProcessor(pid: number): number {
  const path = `/proc/${pid}/task/${pid}/schedstat`;
  if (!existsSync(path)) return 0;
  const [, waitedNs = "0"] = readFileSync(path, "utf8").split(" ");
  return Number(waitedNs) / 1e6;
}

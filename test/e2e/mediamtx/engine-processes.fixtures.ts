// The processes of MediaMTX as stream engine, as /proc shows them: MediaMTX, the FFmpegs that publish, the on-demand scripts.
import type { BelfryProcess } from "../../support/belfry-process.ts";
import { type ListedProcess, listProcesses, processesWith } from "../../support/process-list.ts";
import { until } from "../../support/until.ts";

export type Role = "mediamtx" | "ffmpeg" | "script";

const looks: Readonly<Record<Role, RegExp>> = {
  mediamtx: /(^|\/)mediamtx \S+\/mediamtx\.yml$/,
  ffmpeg: /(^|\/)ffmpeg .*-f rtsp .* rtsp:\/\/127\.0\.0\.1:\d+\/secret-[0-9a-f]{48}\/\w+_(live|event)$/,
  script: /\/sh \S+\/stream-on-demand\.sh$/,
};

/** Those of one Belfry; it need not run any more. */
export async function engineProcesses(role: Role, belfry: BelfryProcess): Promise<ListedProcess[]> {
  const instance = await instanceOf(belfry);
  const all = instance === undefined ? [] : await processesWith("BELFRY_INSTANCE", instance);
  return all.filter(({ command }) => looks[role].test(command));
}

export function oneProcess(role: Role, belfry: BelfryProcess, besides: readonly number[] = []): Promise<ListedProcess> {
  return until(`a process of ${role}`, async () => {
    const found = await engineProcesses(role, belfry);
    return found.find(({ pid }) => !besides.includes(pid));
  });
}

/** Of the on-demand script the shell that MediaMTX has started, and not those that this one has. */
export function mainShell(belfry: BelfryProcess): Promise<ListedProcess> {
  return until("the shell of a script", async () => {
    const found = await engineProcesses("script", belfry);
    return found.find(({ parent }) => !found.some(({ pid }) => pid === parent));
  });
}

export function noProcess(role: Role, belfry: BelfryProcess, { timeoutMs = 10_000 } = {}): Promise<true> {
  return until(
    `no process of ${role} being left`,
    async () => ((await engineProcesses(role, belfry)).length === 0 ? true : undefined),
    { timeoutMs },
  );
}

/** Everything that a Belfry started and that is still there. */
export async function childrenLeft(belfry: BelfryProcess): Promise<ListedProcess[]> {
  const instance = await instanceOf(belfry);
  return instance === undefined ? [] : await processesWith("BELFRY_INSTANCE", instance);
}

const instances = new Map<number, string>();

/** The mark of its children, kept for the time after its end. */
async function instanceOf({ pid }: BelfryProcess): Promise<string | undefined> {
  const known = instances.get(pid);
  if (known !== undefined) return known;
  const child = (await listProcesses()).find(
    ({ parent, environment }) => parent === pid && environment.has("BELFRY_INSTANCE"),
  );
  const found = child?.environment.get("BELFRY_INSTANCE");
  if (found !== undefined) instances.set(pid, found);
  return found;
}

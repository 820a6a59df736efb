// The processes of this machine as /proc shows them: to find what somebody left behind.
import { readdir, readFile } from "node:fs/promises";

export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly environment: ReadonlyMap<string, string>;
}

async function readProcess(pid: number): Promise<ListedProcess | undefined> {
  try {
    const [environment, commandLine, status] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "latin1"),
      readFile(`/proc/${pid}/cmdline`, "latin1"),
      readFile(`/proc/${pid}/status`, "latin1"),
    ]);
    // A zombie has ended; it only waits for its parent to hear of it.
    if (/^State:\s+Z/m.test(status)) return undefined;
    const variables = environment.split("\0").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    });
    return {
      pid,
      parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0),
      command: commandLine.replaceAll("\0", " ").trim(),
      environment: new Map(variables),
    };
  } catch {
    // Gone meanwhile, or of another user.
    return undefined;
  }
}

export async function listProcesses(): Promise<ListedProcess[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const processes = await Promise.all(pids.map(readProcess));
  return processes.filter((entry) => entry !== undefined);
}

/** Processes that carry this variable with this value in their environment, as all children of one start do. */
export async function processesWith(variable: string, value: string): Promise<ListedProcess[]> {
  return (await listProcesses()).filter(({ environment }) => environment.get(variable) === value);
}

/** The children of a process, and theirs. */
export async function descendantsOf(pid: number): Promise<ListedProcess[]> {
  const all = await listProcesses();
  const found: ListedProcess[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

// What processes cost, as the kernel counts it: time on the processor in nanoseconds, and memory without what is shared twice.
import { readdir, readFile } from "node:fs/promises";
import { descendantsOf } from "../../test/support/process-list.ts";

/** Processor time of all threads of a process, ms; 0 for one that is gone. */
async function cpuMs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const times = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "latin1").catch(() => "0");
      return Number(text.split(" ")[0]) / 1e6;
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}

async function memoryBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "latin1").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

async function withChildren(pid: number): Promise<number[]> {
  return [pid, ...(await descendantsOf(pid)).map((child) => child.pid)];
}

/** Processor time of a process and its children, ms. */
export async function treeCpuMs(pid: number): Promise<number> {
  const times = await Promise.all((await withChildren(pid)).map(cpuMs));
  return times.reduce((sum, time) => sum + time, 0);
}

/** Proportional set size of a process and its children, MB. */
export async function treeMemoryMb(pid: number): Promise<number> {
  const sizes = await Promise.all((await withChildren(pid)).map(memoryBytes));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}

/** What the whole machine did, in percent of one core, so that a busy neighbour shows. */
export async function machineBusyMs(): Promise<number> {
  const [line = ""] = (await readFile("/proc/stat", "latin1")).split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softIrq) * 10;
}

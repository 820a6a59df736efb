// What processes cost, as the kernel counts it: time on the processor, and memory with what is shared counted in parts.
import { readFile } from "node:fs/promises";
import { descendantsOf } from "../../test/support/process-list.ts";

/** The kernel's unit for the outside, whatever its timer does. */
const tickMs = 10;

/** Of all threads of a process, those that have ended included; 0 for one that is gone. */
async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  // The name of the program, in brackets, may have spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs;
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
  return (user + nice + system + irq + softIrq) * tickMs;
}

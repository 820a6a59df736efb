// What streams and readers cost Belfry while they play, and whether anything is lost.
import { machineBusyMs, treeCpuMs, treeMemoryMb } from "./process-cost.ts";
import { ReaderFleet } from "./reader-fleet.ts";
import { rounded } from "./statistics.ts";
import type { StreamStand } from "./stream-stand.ts";

export interface Shares {
  /** Percent of one core. */
  readonly belfry: number;
  readonly simulator: number;
  readonly readers: number;
  /** Everything else on this machine: should be near 0, or the figures suffer. */
  readonly others: number;
}

export interface StreamsLoad {
  readonly count: number;
  readonly aac: boolean;
  readonly cpu_percent_per_stream: number;
  /** Of each stream that came on top of the row before; the first one pays for all that is loaded once. */
  readonly memory_mb_per_stream: number;
  readonly packets_lost: number;
  readonly packets: number;
  readonly kbit_per_second_per_stream: number;
  readonly memory_mb: number;
  readonly cpu_percent_of: Shares;
}

export interface ReadersLoad {
  readonly count: number;
  readonly cpu_percent: number;
  readonly packets_lost: number;
  readonly packets: number;
  readonly memory_mb: number;
  readonly cpu_percent_of: Shares;
}

interface Measured {
  readonly shares: Shares;
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
  readonly memoryMb: number;
}

/** Time for starting and for compiling what runs often. */
const settleMs = 5_000;
const withoutAac = ["h264", "opus"];
const withAac = ["h264", "mpeg4-generic", "opus"];

export async function measureStreams(
  stand: StreamStand,
  counts: readonly number[],
  aac: boolean,
  seconds: number,
): Promise<StreamsLoad[]> {
  let memoryMb = await treeMemoryMb(stand.belfry.pid);
  await using fleet = new ReaderFleet();
  const results: StreamsLoad[] = [];
  let open = 0;
  for (const count of counts) {
    const urls = stand.simulator.cameras.slice(open, count).map((camera) => stand.url(camera));
    await fleet.open(urls, aac ? withAac : withoutAac, `bench load ${aac ? "aac" : "plain"}`);
    const measured = await measure(stand, fleet, seconds);
    const further = (measured.memoryMb - memoryMb) / (count - open);
    memoryMb = measured.memoryMb;
    open = count;
    results.push({
      count,
      aac,
      cpu_percent_per_stream: rounded(measured.shares.belfry / count, 2),
      memory_mb_per_stream: rounded(further, 1),
      packets_lost: measured.lost,
      packets: measured.packets,
      kbit_per_second_per_stream: Math.round((measured.bytes * 8) / 1_000 / seconds / count),
      memory_mb: rounded(measured.memoryMb, 0),
      cpu_percent_of: measured.shares,
    });
  }
  await fleet.close();
  await stand.untilIdle();
  return results;
}

export async function measureReaders(
  stand: StreamStand,
  counts: readonly number[],
  seconds: number,
): Promise<ReadersLoad[]> {
  const [camera] = stand.simulator.cameras;
  if (!camera) throw new Error("there is a camera");
  await using fleet = new ReaderFleet();
  const results: ReadersLoad[] = [];
  let open = 0;
  for (const count of counts) {
    await fleet.open(
      Array.from({ length: count - open }, () => stand.url(camera)),
      withoutAac,
      "bench reader",
    );
    open = count;
    const { shares, lost, packets, memoryMb } = await measure(stand, fleet, seconds);
    results.push({
      count,
      cpu_percent: shares.belfry,
      packets_lost: lost,
      packets,
      memory_mb: rounded(memoryMb, 0),
      cpu_percent_of: shares,
    });
  }
  await fleet.close();
  await stand.untilIdle();
  return results;
}

async function measure(stand: StreamStand, fleet: ReaderFleet, seconds: number): Promise<Measured> {
  await passes(settleMs);
  const before = await look(stand, fleet);
  await passes(seconds * 1_000);
  const after = await look(stand, fleet);
  const { gone, tracksWithoutPackets } = after.counts;
  if (gone > 0) throw new Error(`${gone} readers were disconnected`);
  if (tracksWithoutPackets > 0) throw new Error(`${tracksWithoutPackets} tracks are silent`);
  const percent = (pick: (state: Looked) => number): number =>
    rounded(((pick(after) - pick(before)) / (after.at - before.at)) * 100, 2);
  const shares = {
    belfry: percent(({ cpu }) => cpu.belfry),
    simulator: percent(({ cpu }) => cpu.simulator),
    readers: percent(({ cpu }) => cpu.readers),
    others: percent(({ cpu }) => cpu.machine - cpu.belfry - cpu.simulator - cpu.readers),
  };
  return {
    shares,
    // From the beginning: what is lost at the start counts as well.
    lost: after.counts.lost,
    packets: after.counts.packets - before.counts.packets,
    bytes: after.counts.bytes - before.counts.bytes,
    memoryMb: await treeMemoryMb(stand.belfry.pid),
  };
}

type Looked = Awaited<ReturnType<typeof look>>;

async function look(stand: StreamStand, fleet: ReaderFleet) {
  const [counts, belfry, simulator, readers, machine] = await Promise.all([
    fleet.count(),
    treeCpuMs(stand.belfry.pid),
    treeCpuMs(stand.simulator.pid),
    treeCpuMs(fleet.pid),
    machineBusyMs(),
  ]);
  return { at: performance.now(), counts, cpu: { belfry, simulator, readers, machine } };
}

/** A measurement lasts. */
const passes = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

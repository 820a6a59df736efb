// The benchmark of streams, from the first cold start to fifty readers; see docs/performance.md for what it shows.
import { parseArgs } from "node:util";
import { type ColdStart, coldStart, measureJoining, medianStart } from "./start-times.ts";
import { percentile, rounded } from "./statistics.ts";
import { measureReaders, measureStreams } from "./stream-load.ts";
import { StreamStand } from "./stream-stand.ts";
import { printStreams, type StreamsResult } from "./streams-table.ts";

const streamCounts = [1, 8, 32];
const readerCounts = [1, 10, 50];
const coldCameras = 5;
const joinRounds = 5;

export async function runStreams(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: "15" },
      "cpu-profile": { type: "string" },
    },
  });
  const result = await measureAll(Number(values.seconds), values["cpu-profile"]);
  printStreams(result);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function measureAll(seconds: number, cpuProfile: string | undefined): Promise<StreamsResult> {
  await using stand = await StreamStand.start({ cameras: Math.max(...streamCounts), cpuProfile });
  try {
    return await measure(stand, seconds);
  } catch (error) {
    process.stderr.write(`${stand.belfry.lines.slice(-20).join("\n")}\n`);
    throw error;
  }
}

async function measure(stand: StreamStand, seconds: number): Promise<StreamsResult> {
  const starts = await coldStarts(stand);
  const [camera] = stand.simulator.cameras;
  if (!camera) throw new Error("there is a camera");
  const { joinings, latenciesMs } = await measureJoining(stand, camera, joinRounds);
  return {
    cold_start_ms: rounded(medianStart(starts, true, ({ totalMs }) => totalMs)),
    cold_start_own_ms: rounded(medianStart(starts, true, ({ ownMs }) => ownMs)),
    first_ever_start_ms: rounded(medianStart(starts, false, ({ totalMs }) => totalMs)),
    first_ever_start_own_ms: rounded(medianStart(starts, false, ({ ownMs }) => ownMs)),
    describe_ms: rounded(medianStart(starts, true, ({ describeMs }) => describeMs)),
    warm_join_ms: rounded(Math.max(...joinings.map(({ joinMs }) => joinMs))),
    join_lag_ms: rounded(Math.max(...joinings.map(({ lagMs }) => lagMs))),
    latency_ms: rounded(percentile(latenciesMs, 50)),
    latency_p95_ms: rounded(percentile(latenciesMs, 95)),
    streams: [
      ...(await measureStreams(stand, streamCounts, false, seconds)),
      ...(await measureStreams(stand, streamCounts, true, seconds)),
    ],
    readers: await measureReaders(stand, readerCounts, seconds),
    cold_starts: starts,
  };
}

/** The first start of a process pays for what is compiled and loaded once: it is not counted. Then each camera unknown and known. */
async function coldStarts(stand: StreamStand): Promise<ColdStart[]> {
  const [warmUp, ...cameras] = stand.simulator.cameras.slice(0, coldCameras + 1);
  if (!warmUp) throw new Error("there is a camera");
  let number = 0;
  for (let round = 0; round < 2; round++) await coldStart(stand, warmUp, number++);
  const starts: ColdStart[] = [];
  for (const camera of cameras) {
    for (let round = 0; round < 3; round++) starts.push(await coldStart(stand, camera, number++));
  }
  return starts;
}

// The two stream engines side by side: the same starts, joinings and loads, with the built-in server and with MediaMTX.
import { parseArgs } from "node:util";
import { findExecutable } from "../../src/foundation/child-process.ts";
import { coldStart, measureJoining } from "./start-times.ts";
import { median, percentile, rounded } from "./statistics.ts";
import { measureStreams, type StreamsLoad } from "./stream-load.ts";
import { StreamStand } from "./stream-stand.ts";

const streamCounts = [1, 8];
const coldRounds = 5;
const joinRounds = 3;

export interface EngineResult {
  /** Of a camera whose format is known; median. */
  readonly cold_start_ms: number;
  /** Without what the simulated Ring held back. */
  readonly cold_start_own_ms: number;
  /** PLAY to the first picture; the worst. */
  readonly warm_join_ms: number;
  readonly latency_ms: number;
  /** With AAC; Belfry and all its children, of a core, with 8 streams. */
  readonly cpu_percent_per_stream: number;
  /** Of each further stream. */
  readonly memory_mb_per_stream: number;
  readonly packets_lost: number;
  readonly streams: readonly StreamsLoad[];
}

export interface MediamtxResult extends EngineResult {
  /** What the way through MediaMTX adds to the first picture of a known camera. */
  readonly added_cold_start_ms: number;
}

export async function runEngines(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean", default: false }, seconds: { type: "string", default: "15" } },
  });
  if (!findExecutable(process.env["MEDIAMTX_BIN"] || "mediamtx"))
    throw new Error("this needs MediaMTX 1.20.1 or newer, on the PATH or in MEDIAMTX_BIN");
  const seconds = Number(values.seconds);
  const builtin = await measureEngine("builtin", seconds);
  print("builtin", builtin);
  const measured = await measureEngine("mediamtx", seconds);
  const mediamtx: MediamtxResult = {
    ...measured,
    added_cold_start_ms: rounded(measured.cold_start_ms - builtin.cold_start_ms),
  };
  print("mediamtx", mediamtx);
  process.stdout.write(`  of the cold start, added  ${mediamtx.added_cold_start_ms.toFixed(0)} ms\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ builtin, mediamtx })}\n`);
}

async function measureEngine(engine: string, seconds: number): Promise<EngineResult> {
  await using stand = await StreamStand.start({
    cameras: Math.max(...streamCounts),
    settings: { stream_engine: engine },
  });
  try {
    return await measure(stand, seconds);
  } catch (error) {
    process.stderr.write(`${stand.belfry.lines.slice(-20).join("\n")}\n`);
    throw error;
  }
}

async function measure(stand: StreamStand, seconds: number): Promise<EngineResult> {
  const [warmUp, camera] = stand.simulator.cameras;
  if (!warmUp || !camera) throw new Error("there are cameras");
  let number = 0;
  for (let round = 0; round < 2; round++) await coldStart(stand, warmUp, number++);
  await coldStart(stand, camera, number++);
  const starts = [];
  for (let round = 0; round < coldRounds; round++) starts.push(await coldStart(stand, camera, number++));
  const { joinings, latenciesMs } = await measureJoining(stand, warmUp, joinRounds);
  const streams = await measureStreams(stand, streamCounts, true, seconds);
  const most = streams.at(-1);
  return {
    cold_start_ms: rounded(median(starts.map(({ totalMs }) => totalMs))),
    cold_start_own_ms: rounded(median(starts.map(({ ownMs }) => ownMs))),
    warm_join_ms: rounded(Math.max(...joinings.map(({ joinMs }) => joinMs))),
    latency_ms: rounded(percentile(latenciesMs, 50)),
    cpu_percent_per_stream: most?.cpu_percent_per_stream ?? Number.NaN,
    memory_mb_per_stream: most?.memory_mb_per_stream ?? Number.NaN,
    packets_lost: streams.reduce((sum, load) => sum + load.packets_lost, 0),
    streams,
  };
}

function print(engine: string, result: EngineResult): void {
  const lines = [
    `${engine}`,
    `  cold start, known camera  ${result.cold_start_ms.toFixed(0)} ms, of it ours ${result.cold_start_own_ms.toFixed(0)} ms`,
    `  joining what runs         ${result.warm_join_ms.toFixed(0)} ms to the first picture (worst)`,
    `  delay while it plays      ${result.latency_ms.toFixed(0)} ms`,
    `  each of ${streamCounts.at(-1)} streams with AAC ${result.cpu_percent_per_stream} % of a core, ${result.memory_mb_per_stream} MB, ${result.packets_lost} packets lost`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

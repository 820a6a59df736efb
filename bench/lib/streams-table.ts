// The result of the benchmark of streams: its shape as JSON, and as a table for people.
import { cpus } from "node:os";
import type { ColdStart } from "./start-times.ts";
import type { ReadersLoad, Shares, StreamsLoad } from "./stream-load.ts";

export interface StreamsResult {
  /** From memory, as all starts but the first one of a camera are; medians. */
  readonly cold_start_ms: number;
  readonly cold_start_own_ms: number;
  /** Of a camera that was never seen. */
  readonly first_ever_start_ms: number;
  readonly first_ever_start_own_ms: number;
  readonly describe_ms: number;
  /** The worst of several. */
  readonly warm_join_ms: number;
  readonly join_lag_ms: number;
  readonly latency_ms: number;
  readonly latency_p95_ms: number;
  readonly streams: readonly StreamsLoad[];
  readonly readers: readonly ReadersLoad[];
  /** Each cold start with what the simulator's journal says of it. */
  readonly cold_starts: readonly ColdStart[];
}

export function printStreams(result: StreamsResult): void {
  const lines = [
    `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}; percent of one core`,
    "",
    `cold start, known camera    ${ms(result.cold_start_ms)}, of it ours ${ms(result.cold_start_own_ms)} (DESCRIBE ${ms(result.describe_ms)})`,
    `cold start, new camera      ${ms(result.first_ever_start_ms)}, of it ours ${ms(result.first_ever_start_own_ms)}`,
    `joining what runs           ${ms(result.warm_join_ms)} to the first picture, ${ms(result.join_lag_ms)} behind a second later (worst)`,
    `delay while it plays        ${ms(result.latency_ms)} median, ${ms(result.latency_p95_ms)} at 95 %`,
    "",
    row(["streams", "AAC", "% each", "% all", "MB each", "MB all", "kbit/s", "lost", ...shareTitles]),
    ...result.streams.map((load) =>
      row([
        load.count,
        load.aac ? "yes" : "no",
        load.cpu_percent_per_stream,
        load.cpu_percent_of.belfry,
        load.memory_mb_per_stream,
        load.memory_mb,
        load.kbit_per_second_per_stream,
        load.packets_lost,
        ...shares(load.cpu_percent_of),
      ]),
    ),
    "",
    row(["readers", "", "", "% all", "", "MB all", "", "lost", ...shareTitles]),
    ...result.readers.map((load) =>
      row([
        load.count,
        "",
        "",
        load.cpu_percent,
        "",
        load.memory_mb,
        "",
        load.packets_lost,
        ...shares(load.cpu_percent_of),
      ]),
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const shareTitles = ["simulator %", "readers %", "others %"];
const shares = ({ simulator, readers, others }: Shares): number[] => [simulator, readers, others];
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const row = (cells: readonly (string | number)[]): string => cells.map((cell) => String(cell).padStart(10)).join("  ");

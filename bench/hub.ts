// Measures the hub alone: what one packet of a camera costs, and what one access unit costs per reader, with nobody's network behind it.
// Run it with `npm exec -- node bench/hub.ts`.
import { ManualClock } from "../src/foundation/clock.fake.ts";
import { silentLogger } from "../src/foundation/logger.fake.ts";
import type { RtpPacket } from "../src/media/formats/rtp-packet.ts";
import { opusTrack } from "../src/media/formats/track.ts";
import { H264Camera } from "../src/media/hub/h264-packets.fixtures.ts";
import { FakeSource } from "../src/media/hub/media-source.fake.ts";
import type { ReaderOutput, RtpBatch } from "../src/media/hub/stream.ts";
import { volatileMemory } from "../src/media/hub/stream-memory.fake.ts";
import { StreamPath } from "../src/media/hub/stream-path.ts";

const framesPerSecond = 24;
const packetsPerFrame = 8;
const packetBytes = 1_300;
const framesPerGroup = 96;
const seconds = 120;
const rounds = 5;
const viewer = { kind: "rtsp", address: "192.0.2.1", userAgent: "bench" } as const;

/** Takes everything at once. */
class NullOutput implements ReaderOutput {
  readonly pendingBytes = 0;
  bytes = 0;
  units = 0;
  reports = 0;
  isOver = false;

  writeRtp(_track: number, batch: RtpBatch): void {
    this.bytes += batch.bytes;
    this.units++;
  }

  writeRtcp(): void {
    this.reports++;
  }

  end(): void {
    this.isOver = true;
  }
}

interface Result {
  readonly readers: number;
  readonly packets: number;
  readonly units: number;
  readonly ms: number;
}

function record(): RtpPacket[][] {
  const camera = new H264Camera({ ticksPerFrame: 90_000 / framesPerSecond });
  return Array.from({ length: framesPerSecond * seconds }, (_, frame) =>
    frame % framesPerGroup === 0
      ? camera.keyFrame(packetsPerFrame * 5, packetBytes)
      : camera.frame(packetsPerFrame, packetBytes),
  );
}

async function measure(readers: number): Promise<Result> {
  const clock = new ManualClock();
  const source = new FakeSource();
  const stream = new StreamPath({
    path: "bench",
    source,
    transcoder: undefined,
    memory: volatileMemory(),
    clock,
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  const outputs = Array.from({ length: readers }, () => new NullOutput());
  stream.lease(viewer);
  for (const output of outputs) stream.lease(viewer).play([0], output);
  await clock.advance(0);
  source.session.sink.track(opusTrack);
  const frames = record();
  const ms = feed(source, frames, clock.monotonic());
  await stream[Symbol.asyncDispose]();
  const units = outputs.reduce((sum, output) => sum + output.units, 0);
  if (units !== frames.length * readers)
    throw new Error(`${units} units were written instead of ${frames.length * readers}`);
  return { readers, packets: frames.flat().length, units, ms };
}

function feed(source: FakeSource, frames: readonly RtpPacket[][], startMs: number): number {
  const { sink } = source.session;
  const startedAt = performance.now();
  for (const [frame, packets] of frames.entries()) {
    const arrivedAtMs = startMs + (frame * 1_000) / framesPerSecond;
    for (const packet of packets) sink.packet("video", packet, arrivedAtMs);
  }
  return performance.now() - startedAt;
}

async function best(readers: number): Promise<Result> {
  let result = await measure(readers);
  for (let round = 1; round < rounds; round++) {
    const next = await measure(readers);
    if (next.ms < result.ms) result = next;
  }
  return result;
}

// Warms up the compiler.
for (const readers of [10, 0, 10, 0]) await measure(readers);
const idle = await best(0);
console.log(
  `${seconds} s of H.264, ${framesPerSecond} pictures a second, ${packetsPerFrame} packets of ${packetBytes} bytes each`,
);
console.log("readers  us/packet  us/reader and access unit  percent of a core");
for (const readers of [0, 1, 10, 50]) {
  const result = readers === 0 ? idle : await best(readers);
  const perPacket = (result.ms * 1_000) / result.packets;
  const perUnit = readers === 0 ? 0 : ((result.ms - idle.ms) * 1_000) / result.units;
  const percent = (result.ms / (seconds * 1_000)) * 100;
  console.log(
    `${String(readers).padStart(7)}  ${perPacket.toFixed(2).padStart(9)}  ${perUnit.toFixed(2).padStart(25)}  ${percent.toFixed(3).padStart(17)}`,
  );
}

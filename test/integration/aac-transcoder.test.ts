import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { instanceVariable } from "../../src/foundation/child-process.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { createAacTranscoderFactory } from "../../src/media/ffmpeg/aac-transcoder.ts";
import { opusTicks } from "../../src/media/ffmpeg/opus-packet.ts";
import type { RtpPacket } from "../../src/media/formats/rtp-packet.ts";

const run = (args: readonly string[], input = Buffer.alloc(0)): Buffer =>
  execFileSync("ffmpeg", ["-v", "error", ...args], { input, maxBuffer: 1e8 });

const seconds = 3;
/** Silence, and from 1.0 s on a tone. */
const beep = `aevalsrc=if(gte(t\\,1)\\,0.5*sin(2*PI*1000*t)\\,0):s=48000:d=${seconds}`;
/** What libopus puts in front. */
const opusDelayTicks = 312;

/** The packets of an Ogg file. */
function oggPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  const part: Buffer[] = [];
  for (let page = 0; page < file.length; ) {
    const segments = file[page + 26] ?? 0;
    let at = page + 27 + segments;
    for (let segment = 0; segment < segments; segment++) {
      const length = file[page + 27 + segment] ?? 0;
      part.push(file.subarray(at, at + length));
      at += length;
      if (length < 255) packets.push(Buffer.concat(part.splice(0)));
    }
    page = at;
  }
  return packets.slice(2);
}

function opusPackets(first: number, options: readonly string[] = []): RtpPacket[] {
  const payloads = oggPackets(
    run(["-f", "lavfi", "-i", beep, "-ac", "1", "-c:a", "libopus", ...options, "-f", "ogg", "-"]),
  );
  let timestamp = first;
  return payloads.map((payload, index) => {
    const packet = { payloadType: 111, sequenceNumber: index, timestamp: timestamp >>> 0, marker: false, payload };
    timestamp += opusTicks(payload);
    return packet;
  });
}

function pcmuPackets(first: number): RtpPacket[] {
  const bytes = run(["-f", "lavfi", "-i", beep, "-ac", "1", "-ar", "8000", "-f", "mulaw", "-"]);
  return Array.from({ length: Math.floor(bytes.length / 160) }, (_, index) => ({
    payloadType: 0,
    sequenceNumber: index,
    timestamp: (first + index * 160) >>> 0,
    marker: false,
    payload: bytes.subarray(index * 160, (index + 1) * 160),
  }));
}

interface Frame {
  readonly frame: Buffer;
  readonly timestamp: number;
  readonly atMs: number;
}

function transcode(input: "opus" | "pcmu", ffmpegPath = "ffmpeg") {
  const frames: Frame[] = [];
  const waiters: (() => void)[] = [];
  const { logger, lines } = recordingLogger();
  const instance = randomUUID();
  const controller = new AbortController();
  const factory = createAacTranscoderFactory({ ffmpegPath, instance, clock: systemClock, logger });
  const transcoder = factory(
    input,
    (frame, timestamp) => {
      frames.push({ frame, timestamp, atMs: performance.now() });
      for (const waiter of waiters.splice(0)) waiter();
    },
    controller.signal,
  );
  const reached = async (count: number): Promise<void> => {
    while (frames.length < count) {
      const over = await Promise.race([
        transcoder.ended.then(() => true),
        new Promise<void>((resolve) => waiters.push(resolve)),
      ]);
      if (over) throw new Error(`ended after ${frames.length} frames`, { cause: await transcoder.ended });
    }
  };
  return { transcoder, frames, reached, controller, instance, lines };
}

/** Process ids of an instance. */
function processesOf(instance: string): number[] {
  const carries = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${instanceVariable}=${instance}`);
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && carries(name))
    .map(Number);
}

/** ms from the time of the first frame to the first loud sample, as FFmpeg decodes it. */
function onsetTicks(frames: readonly Frame[]): number {
  const adts = frames.map(({ frame }) => {
    const length = frame.length + 7;
    const fields = [0xff, 0xf1, 0x4c, 0x40 | (length >> 11), (length >> 3) & 255, ((length & 7) << 5) | 31, 0xfc];
    return Buffer.concat([Buffer.from(fields), frame]);
  });
  const samples = run(["-f", "aac", "-i", "-", "-f", "s16le", "-"], Buffer.concat(adts));
  for (let at = 0; at + 1 < samples.length; at += 2) if (Math.abs(samples.readInt16LE(at)) > 3_000) return at / 2;
  throw new Error("there is no sound");
}

/** What comes out of `ticks` of input: two frames stay inside the encoder. */
const framesOf = (ticks: number): number => Math.floor(ticks / 1_024) - 2;

test.each([
  ["20 ms", []],
  ["60 ms SILK", ["-frame_duration", "60", "-application", "voip", "-b:a", "10k"]],
  ["2.5 ms", ["-frame_duration", "2.5"]],
])(
  "Opus packets of %s: every sample comes out, in frames of 1024, with the beep where it was",
  async (_name, options) => {
    const first = 2 ** 32 - 30_000;
    const packets = opusPackets(first, options);
    const ticks = packets.reduce((sum, { payload }) => sum + opusTicks(payload), 0);
    expect(ticks).toBeGreaterThanOrEqual(seconds * 48_000);
    const { transcoder, frames, reached } = transcode("opus");
    await using _owned = transcoder;
    for (const packet of packets) transcoder.write(packet);
    await reached(framesOf(ticks));
    const expected = frames.map((_, index) => (first - 1_024 + index * 1_024) >>> 0);
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(expected);
    const offsetMs = (onsetTicks(frames) - 1_024 - 48_000 - opusDelayTicks) / 48;
    console.log(`beep of Opus packets of ${_name}: ${offsetMs.toFixed(2)} ms off`);
    expect(Math.abs(offsetMs)).toBeLessThan(10);
  },
);

test("PCMU: timestamps in 48 kHz, the beep where it was", async () => {
  const first = 2 ** 32 - 4_000;
  const packets = pcmuPackets(first);
  const { transcoder, frames, reached } = transcode("pcmu");
  await using _owned = transcoder;
  for (const packet of packets) transcoder.write(packet);
  await reached(framesOf(packets.length * 960) - 1);
  expect(frames[1]?.timestamp).toBe((first * 6) % 2 ** 32);
  const offsetMs = (onsetTicks(frames) - 1_024 - 48_000) / 48;
  console.log(`beep of PCMU: ${offsetMs.toFixed(2)} ms off`);
  expect(Math.abs(offsetMs)).toBeLessThan(10);
});

test.each(["opus", "pcmu"] as const)(
  "%s: lost packets become silence; what comes after keeps its time",
  async (codec) => {
    const all = codec === "opus" ? opusPackets(5_000) : pcmuPackets(5_000);
    // 300 ms lost before the beep, single ones too, one packet twice, one too late.
    const packets = all.filter((_, index) => !(index >= 20 && index < 35) && index % 11 !== 5);
    packets.splice(10, 0, ...all.slice(9, 11));
    const { transcoder, frames, reached } = transcode(codec);
    await using _owned = transcoder;
    for (const packet of packets) transcoder.write(packet);
    await reached(framesOf((all.length - 1) * 960) - 1);
    const delay = codec === "opus" ? opusDelayTicks : 0;
    const offsetMs = (onsetTicks(frames) - 1_024 - 48_000 - delay) / 48;
    console.log(`beep of ${codec} after losses: ${offsetMs.toFixed(2)} ms off`);
    expect(Math.abs(offsetMs)).toBeLessThan(10);
  },
);

test("silence is silent", async () => {
  const { transcoder, frames, reached } = transcode("opus");
  await using _owned = transcoder;
  const packets = opusPackets(0).slice(0, 40);
  const [start, end] = [packets[0], packets.at(-1)];
  if (!start || !end) throw new Error("no packets");
  transcoder.write(start);
  transcoder.write({ ...end, timestamp: 48_000 * 4 + 600 });
  await reached(framesOf(48_000 * 4));
  expect(() => onsetTicks(frames)).toThrow("no sound");
});

test("a jump of a minute is followed without a minute of silence", async () => {
  const { transcoder, frames, reached } = transcode("opus");
  await using _owned = transcoder;
  const packets = opusPackets(0).slice(0, 100);
  for (const packet of packets.slice(0, 50)) transcoder.write(packet);
  for (const packet of packets.slice(50)) transcoder.write({ ...packet, timestamp: packet.timestamp + 60 * 48_000 });
  await reached(framesOf(96_000));
  expect(frames.length).toBeLessThan(96);
  expect(frames.at(-1)?.timestamp).toBeGreaterThan(61 * 48_000);
  const steps = frames.slice(1).map(({ timestamp }, index) => (timestamp - (frames[index]?.timestamp ?? 0)) >>> 0);
  expect(steps.filter((step) => step !== 1_024)).toHaveLength(1);
});

test.each(["opus", "pcmu"] as const)("%s in real time: how late AAC is", async (codec) => {
  const { transcoder, frames, reached } = transcode(codec);
  await using _owned = transcoder;
  const packets = (codec === "opus" ? opusPackets(0) : pcmuPackets(0)).slice(0, 100);
  const startedAtMs = performance.now();
  const writtenAtMs: number[] = [];
  for (const [index, packet] of packets.entries()) {
    await new Promise<void>((resolve) => systemClock.after(startedAtMs + index * 20 - performance.now(), resolve));
    writtenAtMs.push(performance.now());
    transcoder.write(packet);
  }
  await reached(framesOf(packets.length * 960) - 1);
  // A frame is complete with the packet that holds its last sample.
  const late = frames.slice(20).map(({ timestamp, atMs }) => {
    const packet = Math.floor((timestamp + 1_023) / 960);
    return atMs - (writtenAtMs[packet] ?? Number.NaN);
  });
  late.sort((a, b) => a - b);
  const median = late[Math.floor(late.length / 2)] ?? Number.NaN;
  console.log(`${codec}: first frame ${((frames[0]?.atMs ?? 0) - startedAtMs).toFixed(0)} ms after the first packet`);
  console.log(
    `${codec}: AAC follows its input by ${median.toFixed(0)} ms (median), ${late.at(-1)?.toFixed(0)} ms (most)`,
  );
  expect(median).toBeLessThan(120);
});

test("a killed FFmpeg is told, and nothing is left of it", async () => {
  const { transcoder, reached, instance } = transcode("opus");
  for (const packet of opusPackets(0).slice(0, 50)) transcoder.write(packet);
  await reached(10);
  const [pid] = processesOf(instance);
  process.kill(pid ?? 0, "SIGKILL");
  expect(await transcoder.ended).toMatchObject({ code: "ffmpeg.ended", message: expect.stringContaining("SIGKILL") });
  expect(processesOf(instance)).toEqual([]);
  transcoder.write({ payloadType: 0, sequenceNumber: 0, timestamp: 0, marker: false, payload: Buffer.from([0xf8]) });
});

test("an FFmpeg that stops reading is told", async () => {
  const { transcoder, reached, instance } = transcode("opus");
  const packets = opusPackets(0);
  for (const packet of packets.slice(0, 50)) transcoder.write(packet);
  await reached(10);
  process.kill(processesOf(instance)[0] ?? 0, "SIGSTOP");
  const payload = Buffer.alloc(1_000, 0xf8);
  for (let index = 50; index < 700; index++)
    transcoder.write({ payloadType: 0, sequenceNumber: index, timestamp: index * 960, marker: false, payload });
  expect(await transcoder.ended).toMatchObject({ code: "ffmpeg.stalled" });
  expect(processesOf(instance)).toEqual([]);
});

test("stopping is quick, by disposal and by signal, also before FFmpeg has started", async () => {
  const started = transcode("opus");
  for (const packet of opusPackets(0).slice(0, 50)) started.transcoder.write(packet);
  await started.reached(10);
  const startedAtMs = performance.now();
  started.controller.abort();
  expect(await started.transcoder.ended).toBeUndefined();
  console.log(`stopped in ${(performance.now() - startedAtMs).toFixed(0)} ms`);
  expect(performance.now() - startedAtMs).toBeLessThan(500);
  const fresh = transcode("pcmu");
  await fresh.transcoder[Symbol.asyncDispose]();
  expect(await fresh.transcoder.ended).toBeUndefined();
  expect([...processesOf(started.instance), ...processesOf(fresh.instance)]).toEqual([]);
});

test("without FFmpeg the error says so", async () => {
  const { transcoder } = transcode("opus", "/nowhere/ffmpeg");
  expect(await transcoder.ended).toMatchObject({ name: "PermanentError", code: "ffmpeg.missing" });
});

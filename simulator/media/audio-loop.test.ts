import { expect, test } from "vitest";
import { loadAudioLoop } from "./audio-loop.ts";
import { defaultCacheDirectory } from "./cached-file.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { loopAudioPackets } from "./live-format.ts";
import { oggOpusFile } from "./ogg-opus-file.ts";
import { oggPackets } from "./ogg-packets.ts";

const loop = await loadAudioLoop({ cacheDirectory: defaultCacheDirectory });

/** Start and end of the loud parts in ms. */
function beeps(samples: Buffer, samplesPerSecond: number): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let index = 0; index < samples.length / 2; index++) {
    if (Math.abs(samples.readInt16LE(index * 2)) < 4000) continue;
    const at = (index / samplesPerSecond) * 1000;
    const last = found.at(-1);
    if (last && at - last.to < 20) last.to = at;
    else found.push({ from: at, to: at });
  }
  return found;
}

test("PCMU: packets of 20 ms and a beep in the first 100 ms of each second", async () => {
  expect(loop.pcmu).toHaveLength(loopAudioPackets);
  expect(new Set(loop.pcmu.map((packet) => packet.length))).toEqual(new Set([160]));
  const samples = await runFfmpeg({
    arguments: ["-f", "mulaw", "-ar", "8000", "-ac", "1", "-i", "pipe:0", "-f", "s16le", "pipe:1"],
    input: [Buffer.concat(loop.pcmu)],
  });
  const heard = beeps(samples, 8000);
  expect(heard).toHaveLength(5);
  for (const [second, { from, to }] of heard.entries()) {
    expect(Math.abs(from - second * 1000)).toBeLessThan(2);
    expect(Math.abs(to - second * 1000 - 100)).toBeLessThan(2);
  }
});

test("Opus: one frame of 20 ms mono per packet, the beeps in step with the picture also after the loop's end", async () => {
  expect(loop.opus).toHaveLength(loopAudioPackets);
  for (const packet of loop.opus) expect((packet[0] ?? 0) & 7, "mono, one frame").toBe(0);
  const file = oggOpusFile([...loop.opus, ...loop.opus]);
  expect(oggPackets(file).slice(2)).toEqual([...loop.opus, ...loop.opus]);
  const samples = await runFfmpeg({
    arguments: ["-f", "ogg", "-i", "pipe:0", "-f", "s16le", "-ar", "48000", "-ac", "1", "pipe:1"],
    input: [file],
  });
  const heard = beeps(samples, 48_000);
  expect(heard).toHaveLength(10);
  for (const [second, { from, to }] of heard.entries()) {
    expect(Math.abs(from - second * 1000)).toBeLessThan(4);
    expect(Math.abs(to - second * 1000 - 100)).toBeLessThan(4);
  }
});

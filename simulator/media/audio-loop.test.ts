import { expect, test } from "vitest";
import { loadAudioLoop } from "./audio-loop.ts";
import { defaultCacheDirectory } from "./cached-file.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { loopAudioPackets } from "./live-format.ts";

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

test("Opus: one frame of 20 ms per packet, mono inside", () => {
  expect(loop.opus).toHaveLength(loopAudioPackets);
  for (const packet of loop.opus) {
    const table = packet[0] ?? 0;
    expect(table & 3, "one frame").toBe(0);
    expect(table & 4, "mono").toBe(0);
  }
});

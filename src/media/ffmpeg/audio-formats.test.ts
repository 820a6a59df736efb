import fc from "fast-check";
import { expect, test } from "vitest";
import { AdtsParser } from "./adts-parser.ts";
import { OggOpusWriter } from "./ogg-opus.ts";
import { opusSilence, opusTicks } from "./opus-packet.ts";

test.each([
  [[0xf8], 960, "CELT 20 ms, one frame"],
  [[0xf9], 1_920, "two equal frames"],
  [[0xfa, 3], 1_920, "two frames of different size"],
  [[0xfb, 0x03], 2_880, "three frames"],
  [[0xe3, 0x81], 120, "one frame of 2.5 ms, counted, variable"],
  [[0x18], 2_880, "SILK narrow band 60 ms"],
  [[0x58], 2_880, "SILK wide band 60 ms"],
  [[0x60], 480, "hybrid 10 ms"],
  [[0x7c], 960, "hybrid full band 20 ms stereo"],
  [[0x1b, 0x02], 5_760, "120 ms"],
  [[0x1b, 0x03], 0, "more than 120 ms is not valid"],
  [[0xfb], 0, "the count is missing"],
  [[0xfb, 0x00], 0, "no frames"],
  [[], 0, "nothing"],
])("the duration of %j is %i (%s)", (bytes, ticks) => {
  expect(opusTicks(Buffer.from(bytes))).toBe(ticks);
});

test("silence lasts as long as it is asked for, to 2.5 ms", () => {
  for (const [asked, lasts] of [
    [960, 960],
    [2_880, 2_880],
    [1_919, 1_800],
    [119, 0],
  ])
    expect(opusSilence(asked ?? 0).reduce((sum, packet) => sum + opusTicks(packet), 0)).toBe(lasts);
});

test("an Ogg page has its place, its time, its length and its check sum", () => {
  const writer = new OggOpusWriter();
  writer.start();
  const payload = Buffer.alloc(510, 0x11);
  payload[0] = 0xf8;
  const page = writer.packet(payload);
  expect(page.toString("latin1", 0, 4)).toBe("OggS");
  expect([page.readBigUInt64LE(6), page.readUInt32LE(18), [...page.subarray(26, 30)]]).toEqual([
    960n,
    2,
    [3, 255, 255, 0],
  ]);
  expect(page.subarray(30)).toEqual(payload);
  // Of the first page of any Ogg file of libopus with these header fields.
  expect(new OggOpusWriter().start().readUInt32LE(22)).toBe(firstPageChecksum());
});

/** The check sum computed bit by bit. */
function firstPageChecksum(): number {
  const page = Buffer.from(new OggOpusWriter().start().subarray(0, 28 + 19));
  page.writeUInt32LE(0, 22);
  let value = 0n;
  for (const byte of page)
    for (let bit = 7; bit >= 0; bit--) {
      const top = ((value >> 31n) & 1n) ^ BigInt((byte >> bit) & 1);
      value = ((value << 1n) & 0xffff_ffffn) ^ (top ? 0x04c1_1db7n : 0n);
    }
  return Number(value);
}

function adts(payload: Buffer): Buffer {
  const length = payload.length + 7;
  const header = Buffer.from([
    0xff,
    0xf1,
    0x4c,
    0x40 | (length >> 11),
    (length >> 3) & 255,
    ((length & 7) << 5) | 31,
    0xfc,
  ]);
  return Buffer.concat([header, payload]);
}

test("ADTS frames come out however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 500 }),
      (payloads, step) => {
        const frames = payloads.map((payload) => Buffer.from(payload));
        const bytes = Buffer.concat(frames.map(adts));
        const parser = new AdtsParser();
        const found: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += step) found.push(...parser.push(bytes.subarray(at, at + step)));
        expect(found).toEqual(frames);
      },
    ),
    { numRuns: 200 },
  );
});

test("what is not ADTS is an error with a code", () => {
  expect(() => new AdtsParser().push(Buffer.from("no AAC here"))).toThrow(
    expect.objectContaining({ code: "ffmpeg.output" }),
  );
});

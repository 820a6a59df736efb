import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseVideoHandling, playbackArguments } from "./recording-arguments.ts";
import { readRecordingFormat } from "./recording-format.ts";
import type { ServedFile } from "./served-file.ts";

const forever = new AbortController().signal;

const fileOf = (bytes: Buffer, pieceBytes = 1_000): ServedFile => ({
  size: Promise.resolve(bytes.length),
  read: async (offset, most) => bytes.subarray(offset, offset + Math.min(most, pieceBytes)),
});

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const box = (type: string, ...content: readonly Buffer[]): Buffer => {
  const inside = Buffer.concat(content);
  return Buffer.concat([number(inside.length + 8), Buffer.from(type, "latin1"), inside]);
};
/** With the length in 64 bits, as files of cameras have it. */
const longBox = (type: string, content: Buffer): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(content.length + 16));
  return Buffer.concat([number(1), Buffer.from(type, "latin1"), length, content]);
};
const track = (handler: string, codec: string, description = Buffer.alloc(70)): Buffer =>
  box(
    "trak",
    box("tkhd", Buffer.alloc(84)),
    box(
      "mdia",
      box("mdhd", Buffer.alloc(24)),
      box("hdlr", number(0), number(0), Buffer.from(handler, "latin1"), Buffer.alloc(13)),
      box("minf", box("stbl", box("stsd", number(0), number(1), box(codec, description)))),
    ),
  );
const header = box("mvhd", Buffer.alloc(12), number(1_000), number(20_500), Buffer.alloc(80));
const movie = (...tracks: readonly Buffer[]): Buffer => box("moov", header, ...tracks);
const type = box("ftyp", Buffer.from("isommp42"));
const data = box("mdat", Buffer.alloc(5_000));

test.each([
  ["in front", Buffer.concat([type, movie(track("soun", "mp4a"), track("vide", "avc1")), data])],
  ["at the end", Buffer.concat([type, data, movie(track("vide", "avc1"), track("soun", "mp4a"))])],
  [
    "after long data",
    Buffer.concat([type, longBox("mdat", Buffer.alloc(9_000)), movie(track("vide", "avc1"), track("soun", "mp4a"))]),
  ],
])("codecs and length of a film with its description %s", async (_where, film) => {
  for (const pieceBytes of [1, 7, 100_000]) {
    expect(await readRecordingFormat(fileOf(film, pieceBytes), forever)).toEqual({
      video: "avc1",
      audio: "mp4a",
      aacConfig: undefined,
      durationMs: 20_500,
    });
  }
});

test("a film without sound, and sound without a film", async () => {
  const read = (film: Buffer) => readRecordingFormat(fileOf(film), forever);
  expect(await read(movie(track("vide", "hvc1")))).toMatchObject({ video: "hvc1", audio: undefined });
  expect(await read(movie(track("soun", "mp4a")))).toMatchObject({ video: undefined, audio: "mp4a" });
  expect(await read(movie())).toMatchObject({ video: undefined, audio: undefined });
});

const descriptor = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const inside = Buffer.concat(content);
  // In four bytes, as most writers have it.
  return Buffer.concat([Buffer.from([tag, 0x80, 0x80, 0x80, inside.length]), inside]);
};
const esds = (config: string): Buffer =>
  box(
    "esds",
    number(0),
    descriptor(
      3,
      Buffer.alloc(3),
      descriptor(4, Buffer.alloc(13), descriptor(5, Buffer.from(config, "hex"))),
      descriptor(6, Buffer.from([2])),
    ),
  );
/** Fields of a sample description of this version, which its eighth byte tells. */
const fields = (version: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt16BE(version, 8);
  return buffer;
};

test.each([
  ["as it is", fields(0, 28), "1408", "1408"],
  ["without the word that there is no SBR", fields(0, 28), "118856e500", "1188"],
  ["with the word that there is SBR", fields(0, 28), "138856e580", "138856e580"],
  ["in a file of QuickTime", fields(1, 44), "1210", "1210"],
  ["in a later one", fields(2, 64), "1210", "1210"],
])("the configuration of AAC %s", async (_what, description, config, expected) => {
  const film = movie(track("soun", "mp4a", Buffer.concat([description, esds(config)])), track("vide", "avc1"));
  expect((await readRecordingFormat(fileOf(film), forever)).aacConfig).toBe(expected);
});

test("what is no film is refused", async () => {
  const refused = { code: "recording.unreadable" };
  for (const bytes of [Buffer.alloc(0), Buffer.from("<?xml version='1.0'?><Error/>"), Buffer.alloc(100_000), type]) {
    await expect(readRecordingFormat(fileOf(bytes), forever)).rejects.toMatchObject(refused);
  }
});

test("damaged and random bytes are refused or read, and never loop", async () => {
  const sound = track("soun", "mp4a", Buffer.concat([fields(0, 28), esds("1188")]));
  const good = Buffer.concat([type, movie(track("vide", "avc1"), sound), data]);
  const damaged = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 20 }).map((changes) => {
    const bytes = Buffer.from(good);
    for (const [at, value] of changes) bytes.writeUInt8(value, at);
    return bytes;
  });
  const random = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, random), async (bytes) => {
      const result = await readRecordingFormat(fileOf(bytes, 100_000), forever).catch((error: unknown) => error);
      expect(result).toBeDefined();
      if (result instanceof Error) expect(result).toMatchObject({ code: "recording.unreadable" });
    }),
    { numRuns: 500 },
  );
});

test("H.264 is copied unless it is a download; everything else is made H.264", () => {
  const of = (video: string | undefined, isEncodingWanted = false) =>
    chooseVideoHandling({ video, audio: undefined, aacConfig: undefined, durationMs: undefined }, isEncodingWanted);
  expect([of("avc1"), of("avc3"), of("avc1", true)]).toEqual(["copy", "copy", "encode"]);
  expect([of("hvc1"), of("hev1"), of("mp4v")]).toEqual(["encode", "encode", "encode"]);
  expect([of(undefined), of("av01"), of("text")]).toEqual([undefined, undefined, undefined]);
});

test("sound goes out as AAC of the kind that is promised, kept where it is that, and as Opus", () => {
  const urls = { input: "http://127.0.0.1/x", output: "rtsp://127.0.0.1/y" };
  const args = (audio: string | undefined, aacConfig?: string) =>
    playbackArguments(urls, { video: "avc1", audio, aacConfig, durationMs: 1 }, "copy").join(" ");
  expect(args("mp4a", "1188")).toMatch(/-c:a:0 copy .*-c:a:1 libopus/);
  const encoded = /-c:a:0 aac .*-ar:a:0 48000 -ac:a:0 1 .*-c:a:1 libopus/;
  expect(args("mp4a", "1408")).toMatch(encoded);
  expect(args("mp4a")).toMatch(encoded);
  expect(args("Opus")).toMatch(encoded);
  expect(args(undefined)).not.toContain("-c:a");
});

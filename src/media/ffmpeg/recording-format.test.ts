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
const track = (handler: string, codec: string): Buffer =>
  box(
    "trak",
    box("tkhd", Buffer.alloc(84)),
    box(
      "mdia",
      box("mdhd", Buffer.alloc(24)),
      box("hdlr", number(0), number(0), Buffer.from(handler, "latin1"), Buffer.alloc(13)),
      box("minf", box("stbl", box("stsd", number(0), number(1), box(codec, Buffer.alloc(70))))),
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

test("what is no film is refused", async () => {
  const refused = { code: "recording.unreadable" };
  for (const bytes of [Buffer.alloc(0), Buffer.from("<?xml version='1.0'?><Error/>"), Buffer.alloc(100_000), type]) {
    await expect(readRecordingFormat(fileOf(bytes), forever)).rejects.toMatchObject(refused);
  }
});

test("damaged and random bytes are refused or read, and never loop", async () => {
  const good = Buffer.concat([type, movie(track("vide", "avc1"), track("soun", "mp4a")), data]);
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
    chooseVideoHandling({ video, audio: undefined, durationMs: undefined }, isEncodingWanted);
  expect([of("avc1"), of("avc3"), of("avc1", true)]).toEqual(["copy", "copy", "encode"]);
  expect([of("hvc1"), of("hev1"), of("mp4v")]).toEqual(["encode", "encode", "encode"]);
  expect([of(undefined), of("av01"), of("text")]).toEqual([undefined, undefined, undefined]);
});

test("sound goes out as AAC, kept where it is that, and as Opus", () => {
  const urls = { input: "http://127.0.0.1/x", output: "rtsp://127.0.0.1/y" };
  const args = (audio: string | undefined) =>
    playbackArguments(urls, { video: "avc1", audio, durationMs: 1 }, "copy").join(" ");
  expect(args("mp4a")).toMatch(/-c:a:0 copy .*-c:a:1 libopus/);
  expect(args("Opus")).toMatch(/-c:a:0 aac .*-c:a:1 libopus/);
  expect(args(undefined)).not.toContain("-c:a");
});

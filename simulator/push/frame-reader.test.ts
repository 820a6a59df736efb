// Framing: whatever the split, the same messages; whatever the bytes, an error at most.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, FrameError, FrameReader, mcsVersion, writeFrame } from "./frame-reader.ts";

const frames: Frame[] = [
  { tag: 2, payload: Buffer.alloc(300, 7) },
  { tag: 0, payload: Buffer.alloc(0) },
  { tag: 8, payload: Buffer.from("a stanza") },
  { tag: 7, payload: Buffer.alloc(127, 1) },
  { tag: 7, payload: Buffer.alloc(128, 2) },
];
const streamOf = (sent: readonly Frame[]) =>
  Buffer.concat([Buffer.from([mcsVersion]), ...sent.map(({ tag, payload }) => writeFrame(tag, payload))]);
const readAll = (reader: FrameReader, chunks: readonly Buffer[]): Frame[] =>
  chunks.flatMap((chunk) => [...reader.read(chunk)]);

test("a stream split in two at every byte gives the same messages", () => {
  const stream = streamOf(frames);
  for (let at = 0; at <= stream.length; at += 1) {
    const read = readAll(new FrameReader(), [stream.subarray(0, at), stream.subarray(at)]);
    expect(read, `split at ${at}`).toEqual(frames);
  }
});

test("a stream that comes byte by byte gives the same messages", () => {
  const bytes = [...streamOf(frames)].map((byte) => Buffer.from([byte]));
  expect(readAll(new FrameReader(), bytes)).toEqual(frames);
});

test("any messages in any chunks come out as they went in", () => {
  const frame = fc.record({
    tag: fc.integer({ min: 0, max: 15 }),
    payload: fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes)),
  });
  const cuts = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), cuts, (sent, at) => {
      const stream = streamOf(sent);
      const edges = [0, ...at.sort((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
      expect(readAll(new FrameReader(), chunks)).toEqual(sent);
    }),
  );
});

test("a message is given out before the error that follows it", () => {
  const reading = new FrameReader().read(Buffer.concat([streamOf(frames.slice(0, 1)), Buffer.alloc(9, 0xff)]));
  expect(reading.next().value).toEqual(frames[0]);
  expect(() => reading.next()).toThrow(FrameError);
});

test.for([
  ["another version", Buffer.from([40, 2, 0]), "The protocol version is 40; it must be 41."],
  ["a size over the limit", Buffer.from([41, 2, 0x81, 0x80, 0x40]), "larger than 1048576 bytes"],
  ["a size that never ends", Buffer.from([41, 2, 0x80, 0x80, 0x80, 0x80, 0x80]), "larger than 1048576 bytes"],
] as const)("%s is refused", ([, bytes, message]) => {
  expect(() => readAll(new FrameReader(), [bytes])).toThrow(message);
});

test("the largest message passes", () => {
  const [frame] = readAll(new FrameReader(), [streamOf([{ tag: 2, payload: Buffer.alloc(1_048_576) }])]);
  expect(frame?.payload.length).toBe(1_048_576);
});

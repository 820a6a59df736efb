import fc from "fast-check";
import { expect, test } from "vitest";
import { aacPayload, largestAacFrameBytes } from "./aac-payload.ts";
import { parseRtp, serializeRtp } from "./rtp.ts";
import { extendTimestamp, sequenceDistance, timestampDistance } from "./rtp-arithmetic.ts";

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data));

test("packets survive writing and reading", () => {
  const packets = fc.record({
    payloadType: uint(7),
    sequenceNumber: uint(16),
    timestamp: uint(32),
    ssrc: uint(32),
    marker: fc.boolean(),
    payload: bytes(1_400),
  });
  fc.assert(
    fc.property(packets, (packet) => {
      expect(parseRtp(serializeRtp(packet))).toEqual(packet);
    }),
  );
});

test("contributing sources, extension and padding are not payload", () => {
  const data = Buffer.from("b162001000000020000000300000000abede000111111111cafe000003", "hex");
  expect(parseRtp(data)).toEqual({
    payloadType: 98,
    sequenceNumber: 16,
    timestamp: 32,
    ssrc: 48,
    marker: false,
    payload: Buffer.from("cafe", "hex"),
  });
});

test.each([
  ["too short", "8060"],
  ["another version", "406000010000000000000000"],
  ["sources that are not there", "8f6000010000000000000000"],
  ["an extension that is not there", "90600001000000000000000000000001"],
  ["more padding than packet", "a06000010000000000000000ff"],
  ["no padding where it says so", "a0600001000000000000000000"],
])("refuses %s", (_name, data) => {
  expect(parseRtp(Buffer.from(data, "hex"))).toBeUndefined();
});

test("random bytes break nothing", () => {
  fc.assert(
    fc.property(bytes(64), (data) => {
      const packet = parseRtp(data);
      if (packet) expect(packet.payload.length).toBeLessThanOrEqual(data.length - 12);
    }),
    { numRuns: 2_000 },
  );
});

test("an AAC frame stands behind a header section that tells its size", () => {
  fc.assert(
    fc.property(bytes(largestAacFrameBytes), (frame) => {
      const payload = aacPayload(frame);
      expect([payload.readUInt16BE(0), payload.readUInt16BE(2)]).toEqual([16, frame.length * 8]);
      expect(payload.subarray(4)).toEqual(frame);
    }),
  );
});

test("distances wrap", () => {
  expect(sequenceDistance(65_535, 2)).toBe(3);
  expect(sequenceDistance(2, 65_535)).toBe(-3);
  expect(timestampDistance(2 ** 32 - 10, 20)).toBe(30);
  expect(timestampDistance(20, 2 ** 32 - 10)).toBe(-30);
  fc.assert(
    fc.property(uint(50), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (start, step) => {
      const near = start + 2 ** 32;
      expect(extendTimestamp(near, (near + step) % 2 ** 32)).toBe(near + step);
    }),
  );
});

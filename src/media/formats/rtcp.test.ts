import fc from "fast-check";
import { expect, test } from "vitest";
import { buildBye, buildEmptyReceiverReport, buildPictureLoss, buildSenderReport } from "./rtcp-build.ts";
import { parseRtcp } from "./rtcp-parse.ts";

test("a sender report survives writing and reading", () => {
  const fields = fc.record({
    ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    cname: fc.string({ maxLength: 40 }).map((text) => text.toWellFormed()),
    unixMs: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    rtpTimestamp: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    packets: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    octets: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  });
  fc.assert(
    fc.property(fields, ({ cname, unixMs, ...rest }) => {
      const data = buildSenderReport({ cname, unixMs, ...rest });
      const [report, source] = parseRtcp(data);
      expect(data.length % 4).toBe(0);
      expect(report).toMatchObject({ type: "senderReport", reports: [], ...rest });
      expect(report?.type === "senderReport" && Math.abs(report.unixMs - unixMs)).toBeLessThan(0.01);
      expect(source).toEqual({ type: "sourceDescription", sources: [{ ssrc: rest.ssrc, cname }] });
    }),
  );
});

test("an empty receiver report, the end and a picture loss are read back", () => {
  expect(parseRtcp(buildEmptyReceiverReport(7, "abc"))).toEqual([
    { type: "receiverReport", ssrc: 7, reports: [] },
    { type: "sourceDescription", sources: [{ ssrc: 7, cname: "abc" }] },
  ]);
  expect(parseRtcp(buildBye(7, "abcd")).at(-1)).toEqual({ type: "bye", ssrcs: [7] });
  expect(parseRtcp(buildPictureLoss(1, 2))).toEqual([{ type: "pictureLoss", senderSsrc: 1, mediaSsrc: 2 }]);
});

test("reads the report blocks of a receiver", () => {
  const data = Buffer.from("81c90007000000010000000240fffffe00010005000000090000000000000000", "hex");
  expect(parseRtcp(data)).toEqual([
    {
      type: "receiverReport",
      ssrc: 1,
      reports: [{ ssrc: 2, fractionLost: 64, packetsLost: -2, highestSequenceNumber: 65_541, jitter: 9 }],
    },
  ]);
});

test("random bytes break nothing, and a damaged part ends the reading", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 199, max: 207 }), (bytes, type) => {
      const random = Buffer.from(bytes);
      expect(parseRtcp(random).length).toBeLessThanOrEqual(32);
      const words = Math.floor(random.length / 4);
      const framed = Buffer.concat([Buffer.from([0x80 | ((bytes[0] ?? 0) % 32), type, 0, words]), random]);
      expect(parseRtcp(framed).length).toBeLessThanOrEqual(32);
    }),
    { numRuns: 2_000 },
  );
  const good = buildEmptyReceiverReport(1, "x");
  expect(parseRtcp(Buffer.concat([good, Buffer.from("80c8ffff", "hex")]))).toHaveLength(2);
});

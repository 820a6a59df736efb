import fc from "fast-check";
import { expect, test } from "vitest";
import { buildBye, buildEmptyReceiverReport, buildSenderReport } from "./rtcp-build.ts";
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
      expect(report).toMatchObject({ type: "senderReport", ...rest });
      expect(report?.type === "senderReport" && Math.abs(report.unixMs - unixMs)).toBeLessThan(0.01);
      expect(source).toEqual({ type: "sourceDescription" });
      expect(data.toString("utf8", 38, 38 + data.readUInt8(37))).toBe(cname);
    }),
  );
});

test("an empty receiver report and the end are as RFC 3550 has them, and read back", () => {
  const life = buildEmptyReceiverReport(7, "abc");
  expect(life.toString("hex")).toBe("80c900010000000781ca0003000000070103616263000000");
  expect(parseRtcp(life)).toEqual([{ type: "receiverReport" }, { type: "sourceDescription" }]);
  expect(buildBye(7, "abc").toString("hex")).toBe(`${life.toString("hex")}81cb000100000007`);
  expect(parseRtcp(buildBye(7, "abcd")).at(-1)).toEqual({ type: "bye" });
});

test.each([
  ["a receiver's report", "81c90007000000010000000240fffffe00010005000000090000000000000000", ["receiverReport"]],
  ["a receiver's report without what it tells of", "81c9000100000001", []],
  ["a request for a key frame", "81ce00020000000100000002", ["other"]],
  ["the end of more sources than there are", "9fcb000100000007", []],
])("%s is read as far as it adds up", (_name, data, types) => {
  expect(parseRtcp(Buffer.from(data, "hex")).map(({ type }) => type)).toEqual(types);
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

import { expect, test } from "vitest";
import { toAnnexB } from "./annex-b.ts";
import { parameterSetPayload } from "./h264-payload.ts";

test("aggregates, single units and fragments become units behind start codes", () => {
  const sets = parameterSetPayload({ sps: Buffer.from([0x67, 1]), pps: Buffer.from([0x68, 2]) });
  const fragments = ["7c85aa", "7c05bb", "7c45cc"].map((hex) => Buffer.from(hex, "hex"));
  const stream = toAnnexB([sets, Buffer.from([0x06, 9]), ...fragments]);
  expect(stream.toString("hex")).toBe(["", "6701", "6802", "0609", "65aabbcc"].join("00000001"));
});

test("payloads of no use give nothing", () => {
  expect(toAnnexB([Buffer.alloc(0)])).toHaveLength(0);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  extractParameterSets,
  h264Content,
  inspectH264,
  parameterSetPayload,
  startsKeyFrame,
  wholeNalUnits,
} from "./h264-payload.ts";
import { parseSps, profileLevelId } from "./h264-sps.ts";

const hex = (text: string) => Buffer.from(text, "hex");
const high = hex("67640028acd940780227e5c044000003000400000300c03c60c658");
const pps = hex("68ebe3cb22c0");

test.each([
  [high.toString("hex"), { profileLevelId: "640028", width: 1920, height: 1080, fps: 24 }],
  ["6742c016d900a03db0110000030001000003001e0f162e48", { profileLevelId: "42c016", width: 640, height: 480, fps: 15 }],
  [
    "674d4032eca03001836022000007d20001d4c01e30632c",
    { profileLevelId: "4d4032", width: 1536, height: 1536, fps: 29.97 },
  ],
  [
    "67f40020919b280a00bbf1f808800000030080000019078c18cb",
    { profileLevelId: "f40020", width: 1280, height: 722, fps: 25 },
  ],
])("reads the parameter set %s", (sps, expected) => {
  expect(parseSps(hex(sps))).toEqual(expected);
});

test("a cut or foreign parameter set is refused", () => {
  expect(parseSps(high.subarray(0, 8))).toBeUndefined();
  expect(parseSps(pps)).toBeUndefined();
  expect(parseSps(Buffer.alloc(0))).toBeUndefined();
  expect(profileLevelId(high)).toBe("640028");
});

test.each([
  ["IDR, first slice", "6588", h264Content.idr | h264Content.startsAccessUnit],
  ["IDR, later slice", "6508", h264Content.idr],
  ["other picture", "419a", h264Content.startsAccessUnit],
  ["SPS", "6764", h264Content.sps | h264Content.startsAccessUnit],
  ["PPS", "68eb", h264Content.pps],
  ["access unit delimiter", "0910", h264Content.startsAccessUnit],
  ["SEI", "0605", 0],
  ["start of an IDR in fragments", "7c8588", h264Content.idr | h264Content.startsAccessUnit],
  ["middle of an IDR in fragments", "7c0588", 0],
  ["end of an IDR in fragments", "7c4588", 0],
  ["empty", "", 0],
])("inspects: %s", (_name, payload, expected) => {
  expect(inspectH264(hex(payload))).toBe(expected);
});

test("both parameter sets travel in one aggregation packet", () => {
  const payload = parameterSetPayload({ sps: high, pps });
  expect(inspectH264(payload)).toBe(h264Content.sps | h264Content.pps | h264Content.startsAccessUnit);
  expect(extractParameterSets(payload)).toEqual({ sps: high, pps });
  expect(wholeNalUnits(payload)).toEqual([high, pps]);
  expect(startsKeyFrame(payload)).toBe(true);
  expect(extractParameterSets(high)).toEqual({ sps: high });
  expect(startsKeyFrame(pps)).toBe(false);
});

test("random bytes break nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const data = Buffer.from(bytes);
      inspectH264(data);
      extractParameterSets(data);
      const stapA = Buffer.concat([Buffer.from([0x78]), data]);
      inspectH264(stapA);
      for (const unit of wholeNalUnits(stapA)) expect(unit.length).toBeGreaterThan(0);
      const info = parseSps(Buffer.concat([high.subarray(0, 1 + ((bytes[0] ?? 0) % 8)), data]));
      if (info) expect(info.width * info.height).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

import { expect, test } from "vitest";
import { isH265 } from "./h265.ts";

test.each<[string, string, boolean]>([
  ["H.265 VPS", "40010c01ffff", true],
  ["H.265 SPS", "4201010160", true],
  ["H.265 PPS", "4401c172", true],
  ["H.265 fragment", "620193ac", true],
  ["H.265 aggregation", "60010018", true],
  ["H.265 fragment of another temporal layer", "620281ac", true],
  ["H.264 SPS", "67640028acd9", false],
  ["H.264 PPS", "68ebe3cb22c0", false],
  ["H.264 IDR fragment", "7c8588", false],
  ["H.264 slice", "419a02", false],
  ["H.264 slice that nothing refers to", "019a02", false],
  ["H.264 SEI", "0605", false],
  ["H.264 STAP-A", "78001967", false],
  ["nothing", "", false],
])("%s", (_name, hex, expected) => {
  expect(isH265(Buffer.from(hex, "hex"))).toBe(expected);
});

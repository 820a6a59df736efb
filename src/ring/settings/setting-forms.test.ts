import fc from "fast-check";
import { expect, test } from "vitest";
import { chimeType, count, durationText, flag, powerMode, tenSteps } from "./setting-forms.ts";

test.each([
  ["30s", 30],
  ["1m0s", 60],
  ["1m30s", 90],
  ["2h", 7_200],
  ["45", 45],
  [45, 45],
  ["", undefined],
  ["soon", undefined],
  [null, undefined],
])("the duration %j is %j", (wire, seconds) => {
  expect(durationText.read(wire)).toBe(seconds);
});

test.each([
  [true, true],
  [0, false],
  [1, true],
  [2, undefined],
  ["true", undefined],
  [null, undefined],
])("the flag %j is %j", (wire, value) => {
  expect(flag.read(wire)).toBe(value);
});

test("steps of ten stand for percent, there and back", () => {
  expect([6, 10, "3", 11, -1, null].map((wire) => tenSteps.read(wire))).toEqual([
    60,
    100,
    30,
    undefined,
    undefined,
    undefined,
  ]);
  expect([10, 55, 100].map((percent) => tenSteps.write(percent))).toEqual([1, 6, 10]);
});

test("words of Ring's numbers", () => {
  const kinds = [0, 1, 2].map((wire) => chimeType.read(wire));
  expect(new Set(kinds).size).toBe(3);
  expect(kinds.map((kind) => kind && chimeType.write(kind))).toEqual([0, 1, 2]);
  expect([3, "x", null].map((wire) => chimeType.read(wire))).toEqual([undefined, undefined, undefined]);
  expect(["wired", "solar"].map((wire) => powerMode.read(wire))).toEqual(["wired", undefined]);
});

test("whatever Ring writes, no form throws or makes a number that is none", () => {
  const forms = [flag, count, tenSteps, durationText, chimeType, powerMode];
  fc.assert(
    fc.property(fc.jsonValue(), (wire) => {
      for (const form of forms) {
        const value = form.read(wire);
        if (typeof value === "number") expect(Number.isInteger(value) && value >= 0).toBe(true);
      }
    }),
  );
});

import { expect, test } from "vitest";
import { checkVersion, readVersion } from "./mediamtx-version.ts";

test.each([
  ["v1.20.1\n", "1.20.1"],
  ["1.21.0", "1.21.0"],
  ["v1.20.1-12-gabcdef\n", "1.20.1"],
  ["unknown", undefined],
  ["", undefined],
])("%j is version %s", (printed, version) => {
  expect(readVersion(printed)).toBe(version);
});

test.each(["v1.20.1", "v1.20.2", "v1.100.0", "v2.0.0"])("%s will do", (printed) => {
  expect(checkVersion("mediamtx", printed)).toBe(printed.slice(1));
});

test.each(["v1.20.0", "v1.9.3", "v0.21.6", "v0.0.0", "development"])(
  "%s will not do, and it is said why",
  (printed) => {
    expect(() => checkVersion("/opt/mediamtx", printed)).toThrow(/^\/opt\/mediamtx .*1\.20\.1 or newer/);
  },
);

import { expect, test } from "vitest";
import { runProgram } from "../../support/run-program.ts";

test("scripts/demo --check does with MediaMTX all that it does without", async () => {
  const args = ["scripts/demo.ts", "--check", "--engine", "mediamtx"];
  const { code, stdout } = await runProgram(process.execPath, args, { timeoutMs: 90_000 });
  const failed = stdout
    .toString()
    .split("\n")
    .filter((line) => line.startsWith("FAIL"));
  expect(failed).toEqual([]);
  expect(code).toBe(0);
}, 100_000);

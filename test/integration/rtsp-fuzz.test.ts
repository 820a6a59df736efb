// RTSP under random and damaged input, in a process of its own whose memory is measured.
import { expect, test } from "vitest";
import { runProgram } from "../support/run-program.ts";

const fuzz = (...args: readonly string[]) =>
  runProgram(process.execPath, ["--expose-gc", "bench/main.ts", "rtsp-fuzz", ...args], { timeoutMs: 150_000 });

test("100,000 inputs of the parser and 10,000 conversations: no crash, no growth", async () => {
  const { code, stdout, stderr } = await fuzz("--inputs", "100000", "--conversations", "10000");
  console.info(stdout.toString().trim());
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.toString()).toMatch(/^100000 inputs of the parser.*\n10000 conversations.*\nanswers 200: \d{4}/);
}, 160_000);

test.each(["0", "NaN", "many"])("it does not pass without inputs: --inputs %s", async (inputs) => {
  const { code, stderr } = await fuzz("--inputs", inputs);
  expect(code).toBe(1);
  expect(stderr).toContain("it must be a whole number from 1 on");
});

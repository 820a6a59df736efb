import { expect, test } from "vitest";
import { runProgram } from "../../support/run-program.ts";
import { repositoryRoot } from "../../support/source-files.ts";

const limitMs = 60 * 60_000;

test("the image, built and run as Home Assistant's app and as a plain container", { timeout: limitMs }, async () => {
  const run = await runProgram(process.execPath, ["scripts/container.ts", "--check"], {
    cwd: repositoryRoot,
    timeoutMs: limitMs,
  });
  const text = run.stdout.toString();
  process.stdout.write(text);
  expect(run.stderr).toBe("");
  expect(text.split("\n").filter((line) => line.startsWith("FAIL"))).toEqual([]);
  expect(text).toMatch(/^[1-9]\d* passed, 0 failed$/m);
  expect(run.code).toBe(0);
});

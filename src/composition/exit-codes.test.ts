import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { BugError, PermanentError, TransientError } from "../foundation/errors.ts";
import { exitCodeOf } from "./exit-codes.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test.each([
  ["a wrong setting", new PermanentError("config.bad-value", "wrong"), 1],
  ["a wrong argument", thrownBy(() => parseArgs({ args: ["--nonsense"], options: {} })), 1],
  ["a download that may work later", new TransientError("mediamtx.download", "broke off"), 75],
  ["a broken invariant", new BugError("cannot be"), 70],
  ["anything else", new TypeError("x is undefined"), 70],
])("%s", (_what, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

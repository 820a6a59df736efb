// What s6 does after an end of Belfry is decided in the service's finish script; it is run here with a /run of its own.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../src/composition/exit-codes.ts";
import { repositoryRoot } from "./support/source-files.ts";

const finish = readFileSync(join(repositoryRoot, "rootfs/etc/s6-overlay/s6-rc.d/belfry/finish"), "utf8");

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "belfry-finish-"));
  mkdirSync(join(run, "s6-linux-init-container-results"));
  mkdirSync(join(run, "s6/basedir/bin"), { recursive: true });
  const halt = join(run, "s6/basedir/bin/halt");
  writeFileSync(halt, `#!/bin/sh\ntouch "${run}/halted"\n`);
  chmodSync(halt, 0o755);
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

/** As s6 calls it: the exit code, or 256 and the signal. */
function finishAfter(exitCode: number, signal = 0) {
  const script = finish.replaceAll("/run/", `${run}/`);
  const said = execFileSync("sh", ["-c", script, "finish", String(exitCode), String(signal)]).toString();
  const written = join(run, "s6-linux-init-container-results/exitcode");
  return {
    said,
    isHalted: existsSync(join(run, "halted")),
    exitCode: existsSync(written) ? readFileSync(written, "utf8").trim() : undefined,
  };
}

const startedAgain = { isHalted: false, exitCode: undefined };

test.each(["stopped", "bug", "again"] as const)("%s: s6 starts it again, unless it was told not to", (end) => {
  expect(finishAfter(exitCodes[end])).toEqual({ ...startedAgain, said: "" });
});

test.each([9, 11, 15])("ended by signal %i: it is said, and s6 starts it again", (signal) => {
  const said = `Belfry was ended by signal ${signal} (exit code ${128 + signal})\n`;
  expect(finishAfter(256, signal)).toEqual({ ...startedAgain, said });
});

test.each([exitCodes.refused, 2, 127])("exit code %i: the container ends with it", (exitCode) => {
  expect(finishAfter(exitCode)).toEqual({ said: "", isHalted: true, exitCode: String(exitCode) });
});

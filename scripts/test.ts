// scripts/test without the installing: all checks and tests, counted; exit code 0 where nothing failed.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "../src/foundation/child-process.ts";
import { runDemoCheck } from "./lib/test/demo-step.ts";
import { filesOf, filesOfNoPart, type OptionalPart, optionalParts } from "./lib/test/optional-parts.ts";
import { runWhole } from "./lib/test/run-step.ts";
import { type Counts, Tally, withoutSkips } from "./lib/test/tally.ts";
import { readArguments, type TestArguments, usage } from "./lib/test/test-arguments.ts";
import { countTests, runVitest } from "./lib/test/vitest-step.ts";

const shellScripts = [
  "scripts/demo",
  "scripts/install",
  "scripts/test",
  "scripts/lib/install.sh",
  ".ci/run",
  "scripts/container",
  "scripts/update-pins",
  "scripts/stream-on-demand.sh",
];

async function runChecks(tally: Tally): Promise<void> {
  tally.add(await runWhole("format and lint", "biome", ["check", "."]));
  tally.add(await runWhole("types", "tsc", ["--noEmit"]));
  tally.add(await runWhole("types of the page", "tsc", ["--noEmit", "-p", "src/web/page"]));
  tally.add(await runWhole("files made from the settings", "node", ["scripts/generate-settings.ts", "--check"]));
  if (findExecutable("shellcheck")) tally.add(await runWhole("shell scripts", "shellcheck", ["-x", ...shellScripts]));
  else tally.add(skip("shell scripts: shellcheck is not installed"));
}

async function runTests(tally: Tally, directory: string): Promise<void> {
  // These wait most of their time: more at once than there are processors, and still fewer than would disturb each other.
  const workers = Math.min(3, availableParallelism() + 1);
  for (const project of ["unit", "simulator", "integration"])
    tally.add(await runVitest({ project, directory, workers }));
  const files = filesOfNoPart("test/e2e");
  if (files.length > 0) tally.add(await runVitest({ project: "e2e", directory, files }));
}

async function runPart(part: OptionalPart, { wanted, required }: TestArguments, directory: string): Promise<Counts> {
  const { name, project } = part;
  const step = project ? { project, directory, workers: 2 } : { project: "e2e", directory, files: filesOf(part) };
  const reasons = [wanted.has(name) ? undefined : `not asked for (--${name})`, part.lacks()].filter(
    (reason) => reason !== undefined,
  );
  if (reasons.length === 0) {
    const counts = await runVitest(step);
    return required.has(name) ? withoutSkips(name, counts) : counts;
  }
  const why = reasons.join("; ");
  if (required.has(name)) return { passed: 0, failed: [`${name}: required, but ${why}`], skipped: [] };
  const tests = await countTests(step);
  return { ...skip(`${name}: ${tests} checks were not run: ${why}`), furtherSkipped: tests - 1 };
}

const skip = (reason: string): Counts => ({ passed: 0, failed: [], skipped: [reason] });

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options.wantsHelp) {
    process.stdout.write(usage);
    return 0;
  }
  const tally = new Tally();
  const directory = mkdtempSync(join(tmpdir(), "belfry-test-"));
  try {
    await runChecks(tally);
    await runTests(tally, directory);
    tally.add(await runDemoCheck());
    for (const part of optionalParts) tally.add(await runPart(part, options, directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.stdout.write(tally.text);
  return tally.hasFailed ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

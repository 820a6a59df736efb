// Runs one vitest project and counts its tests from vitest's own JSON report.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { runStep } from "./run-step.ts";
import type { Counts } from "./tally.ts";

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export interface VitestStep {
  readonly project: string;
  /** Files of this project to run; all unless given. */
  readonly files?: readonly string[];
  /** So many test files at once; unless given, one after the other: for tests that look at times. */
  readonly workers?: number;
  readonly directory: string;
}

export async function runVitest({ project, files = [], workers = 1, directory }: VitestStep): Promise<Counts> {
  process.stdout.write(`\n== ${project} tests${files.length > 0 ? ` of ${files.join(", ")}` : ""}\n`);
  const reportPath = `${directory}/${project}-${process.hrtime.bigint()}.json`;
  const { code } = await runStep("vitest", [
    ...["run", "--project", project, "--reporter=dot", "--reporter=json", `--outputFile.json=${reportPath}`],
    "--passWithNoTests",
    ...(workers === 1 ? ["--no-file-parallelism"] : [`--maxWorkers=${workers}`]),
    ...files,
  ]);
  return count(project, code, reportPath);
}

/** How many tests these are, without running them: the files are loaded, and no name of a test matches. */
export async function countTests({ project, files = [], directory }: VitestStep): Promise<number> {
  process.stdout.write(`\n== counting ${project} tests${files.length > 0 ? ` of ${files.join(", ")}` : ""}\n`);
  const reportPath = `${directory}/${project}-${process.hrtime.bigint()}.json`;
  await runStep("vitest", [
    ...["run", "--project", project, "--reporter=json", `--outputFile.json=${reportPath}`],
    ...["--testNamePattern", "(?!)", "--passWithNoTests", ...files],
  ]);
  return readReport(reportPath).testResults.reduce((sum, { assertionResults }) => sum + assertionResults.length, 0);
}

function count(project: string, code: number, reportPath: string): Counts {
  const { testResults } = readReport(reportPath);
  const named = (wanted: readonly string[]): string[] =>
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => wanted.includes(status))
        .map(({ fullName }) => `${relative(".", name)}: ${fullName}`),
    );
  const failed = named(["failed"]);
  // A file that cannot even be loaded has no tests that could fail.
  const broken = testResults
    .filter(
      ({ status, assertionResults }) => status === "failed" && !assertionResults.some((one) => one.status === "failed"),
    )
    .map(({ name }) => `${relative(".", name)}: the file itself`);
  const failures = [...failed, ...broken];
  if (code !== 0 && failures.length === 0) failures.push(`${project} tests: vitest ended with ${code}; see above`);
  return {
    passed: named(["passed"]).length,
    failed: failures,
    skipped: named(["pending", "skipped", "todo", "disabled"]),
  };
}

/** Without a report the exit code speaks for all. */
function readReport(path: string): VitestReport {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { testResults: [] };
    throw error;
  }
}

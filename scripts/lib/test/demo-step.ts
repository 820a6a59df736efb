// Runs the demo's check as a step of scripts/test and counts its facts.
import { runStep } from "./run-step.ts";
import type { Counts } from "./tally.ts";

export async function runDemoCheck(): Promise<Counts> {
  process.stdout.write("\n== scripts/demo --check\n");
  const { code, output } = await runStep("node", ["scripts/demo.ts", "--check"]);
  const lines = output.split("\n");
  const failed = lines.filter((line) => line.startsWith("FAIL")).map((line) => `demo: ${line.slice(4).trim()}`);
  if (code !== 0 && failed.length === 0) failed.push(`demo: it ended with ${code}; see above`);
  const skipped = lines.filter((line) => line.startsWith("-")).map((line) => `demo: ${line.slice(1).trim()}`);
  return { passed: lines.filter((line) => line.startsWith("ok")).length, failed, skipped };
}

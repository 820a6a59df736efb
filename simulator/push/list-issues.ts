// Tells in one line what a schema found wrong.
import * as v from "valibot";

type Issues = readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]];

export function listIssues(issues: Issues): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`).join("; ");
}

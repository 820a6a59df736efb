import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot, sourceFiles } from "./support/source-files.ts";

/** Codes as they stand in `new SomethingError("room.reason", ...)` and `super("room.reason", ...)`. */
const inSource = /(?:new \w+Error|super)\(\s*"([a-z-]+(?:\.[a-z0-9-]+)+)"/g;
/** Codes in the table of docs/errors.md. */
const inDocs = /^\| `([a-z-]+(?:\.[a-z0-9-]+)+)` \|/gm;

const unique = (codes: Iterable<string>): string[] => [...new Set(codes)].sort();

test("docs/errors.md lists exactly the codes that the source throws", () => {
  const thrown = sourceFiles("src")
    .filter(({ path }) => !path.endsWith(".test.ts"))
    .flatMap(({ text }) => [...text.matchAll(inSource)].map((match) => match[1] ?? ""));
  const refusals = [
    ...readFileSync(join(repositoryRoot, "src/media/errors.ts"), "utf8").matchAll(
      /(?:RefusalCause|EndCause) =([^;]+);/g,
    ),
  ]
    .flatMap((match) => [...(match[1] ?? "").matchAll(/"([a-z-]+)"/g)])
    .map((match) => `stream.${match[1]}`);
  const documented = [...readFileSync(join(repositoryRoot, "docs/errors.md"), "utf8").matchAll(inDocs)].map(
    (match) => match[1] ?? "",
  );
  expect(refusals.length).toBeGreaterThan(3);
  expect(unique(documented)).toEqual(unique([...thrown, ...refusals]));
});

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "./support/source-files.ts";
import { differences } from "./support/stream-engines.ts";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");

test("docs/stream-engines.md shows what differs by nature as the tests take it", () => {
  const [, table] =
    /^## What differs by nature$.*?^\|---\|---\|---\|\n(.*?)\n\n/ms.exec(read("docs/stream-engines.md")) ?? [];
  const rows = Object.values(differences).map((cells) => `| ${cells.join(" | ")} |`);
  expect(table?.split("\n")).toEqual(rows);
});

test("every difference is one that a test minds", () => {
  const files = globSync(["test/{support,integration,e2e}/**/*.ts"], { cwd: repositoryRoot });
  const minded = files.flatMap((file) => [...read(file).matchAll(/\b(?:differs|builtInOnly)\("([^"]+)"/g)]);
  const names = new Set(minded.map(([, name]) => name));
  expect(Object.keys(differences).filter((name) => !names.has(name))).toEqual([]);
});

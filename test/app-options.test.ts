import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseOption } from "../src/config/parse-option.ts";
import { type OptionRow, optionRows } from "../src/config/schema.ts";
import { keptBySupervisor } from "./support/app-option-types.ts";
import { repositoryRoot } from "./support/source-files.ts";

const schema: Readonly<Record<string, unknown>> = parse(
  readFileSync(join(repositoryRoot, "config.yaml"), "utf8"),
).schema;
const rows: readonly OptionRow[] = optionRows;
const numbers = [-1, 0, 1, 5, 9, 10, 60, 61, 3_600, 3_601, 604_800, 604_801, 1.5];
const texts = ["", "ring", "a/b", "/a", "a b", "a/#", "+", "http://x", "https://x:8123", "ftp://x", "http://a b"];
const choices = ["Auto", "Motion + Ding", "auto", "info", "loud"];
const values = [...numbers, ...texts, ...choices, true, false];

const kept = (key: string): unknown[] =>
  values.map((value) => keptBySupervisor(schema[key], value)).filter((value) => value !== undefined);

const isTakenByBelfry = (row: OptionRow, value: unknown): boolean => {
  try {
    parseOption(row, value, "the test");
    return true;
  } catch {
    return false;
  }
};

// A password has no pattern at the Supervisor; lists are lists of any texts.
const compared = rows.filter(({ key, type }) => key in schema && type !== "password" && type !== "list");

test.each(compared)("what the form of the app takes as $key, Belfry takes, too", (row) => {
  expect(kept(row.key)).not.toEqual([]);
  expect(kept(row.key).filter((value) => !isTakenByBelfry(row, value))).toEqual([]);
});

test("the form lets through what makes sense, and nothing else", () => {
  expect(kept("snapshot_interval")).toEqual([10, 60, 61, 3_600, 3_601, 604_800]);
  expect(kept("home_assistant_url")).toEqual(["", "http://x", "https://x:8123"]);
  expect(kept("ring_topic")).toContain("a/b");
  expect(kept("ring_topic")).not.toContain("a b");
});

test("what Home Assistant decides is no option of the app", () => {
  const ports = rows.map(({ key }) => key).filter((key) => /_(?:port|bind)$/.test(key));
  expect(ports.length).toBeGreaterThan(5);
  for (const key of ports) expect(schema).not.toHaveProperty(key);
});

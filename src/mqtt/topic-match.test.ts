import { expect, test } from "vitest";
import { filterProblem, matchesTopic, topicProblem } from "./topic-match.ts";

test.each([
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/b/c", "a/b", false],
  ["a/+", "a/b", true],
  ["a/+", "a/", true],
  ["a/+", "a", false],
  ["a/+", "a/b/c", false],
  ["+/+/c", "a/b/c", true],
  ["+", "/a", false],
  ["/+", "/a", true],
  ["#", "a/b/c", true],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["a/#", "ab", false],
  ["a/+/#", "a/b", true],
  ["a/+/#", "a", false],
  ["#", "$SYS/uptime", false],
  ["+/uptime", "$SYS/uptime", false],
  ["$SYS/#", "$SYS/uptime", true],
  ["ring/+/+/+/+/command", "ring/loc/camera/1/light/command", true],
  ["ring/+/+/+/+/command", "ring/loc/camera/1/command", false],
  ["A/b", "a/b", false],
])("filter %s on topic %s: %s", (filter, topic, expected) => {
  expect(matchesTopic(filter, topic)).toBe(expected);
});

test("topics with wildcards, control characters, broken Unicode or nothing in them are refused", () => {
  expect(topicProblem("ring/a b/ü")).toBeUndefined();
  expect(topicProblem("ring/+/a")).toContain("wildcard");
  expect(topicProblem("")).toContain("empty");
  expect(topicProblem("a\u0000b")).toContain("control");
  expect(topicProblem("a\ud800")).toContain("Unicode");
  expect(topicProblem("x".repeat(65_536))).toContain("longer");
});

test("wildcards in filters fill their level, and # is last", () => {
  expect(filterProblem("ring/+/#")).toBeUndefined();
  expect(filterProblem("ring/a+")).toContain("level");
  expect(filterProblem("ring/#/a")).toContain("last");
  expect(filterProblem("")).toContain("empty");
});

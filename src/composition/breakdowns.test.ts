import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Breakdowns } from "./breakdowns.ts";

let directory: string;
let now: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "belfry-breakdowns-"));
  now = Date.UTC(2026, 0, 1);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** As the next process finds it. */
const reopened = (): Breakdowns => new Breakdowns(directory, () => now);

test("the first breakdown is followed at once, the next ones after growing pauses", () => {
  expect(reopened().pauseMs).toBe(0);
  const waited = Array.from({ length: 8 }, () => {
    reopened().add();
    const { pauseMs } = reopened();
    now += pauseMs + 30_000;
    return pauseMs / 1000;
  });
  expect(waited).toEqual([0, 5, 10, 20, 40, 80, 120, 120]);
});

test("who has run for a while, or was stopped in order, begins anew", () => {
  reopened().add();
  reopened().add();
  now += 600_000;
  expect(reopened().pauseMs).toBe(0);
  reopened().add();
  expect(reopened().count).toBe(1);
  reopened().forget();
  expect([reopened().count, readdirSync(directory)]).toEqual([0, []]);
});

test.each(["", "{", '{"count":"x"}', "null", '{"count":3,"at":9999999999999}'])(
  "a file that makes no sense (%j) costs nothing",
  (text) => {
    writeFileSync(join(directory, "breakdowns.json"), text);
    expect(reopened().pauseMs).toBe(0);
  },
);

test("a directory that cannot be written makes nothing worse", () => {
  const nowhere = new Breakdowns(join(directory, "nowhere"), () => now);
  nowhere.add();
  nowhere.forget();
  expect(nowhere.count).toBe(0);
});

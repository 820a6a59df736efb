// What scripts/test makes of the results of its parts.
import { expect, test } from "vitest";
import { Tally, withoutSkips } from "../scripts/lib/test/tally.ts";

const counts = { passed: 3, failed: ["a: broke"], skipped: ["players.test.ts: VLC not here: cvlc is not installed"] };

test("skips are named and counted; those within a required part are failures", () => {
  const asked = new Tally();
  asked.add({ ...counts, failed: [] });
  expect(asked.hasFailed).toBe(false);
  expect(asked.text).toContain("Skipped:\n  players.test.ts: VLC not here: cvlc is not installed\n");
  expect(asked.text.trimEnd().split("\n").at(-1)).toBe("3 passed, 0 failed, 1 skipped");
  const required = new Tally();
  required.add(withoutSkips("players", counts));
  expect(required.hasFailed).toBe(true);
  expect(required.text).toContain("players: required, but skipped: players.test.ts: VLC not here");
  expect(required.text.trimEnd().split("\n").at(-1)).toBe("3 passed, 2 failed, 0 skipped");
});

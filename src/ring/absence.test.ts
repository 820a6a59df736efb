import { expect, test } from "vitest";
import { Absence } from "./absence.ts";

const rule = { looks: 3, apartMs: 15_000, forMs: 180_000 };

test("neither a few looks in a moment nor a long time with one look are believed; both together are", () => {
  const hasty = new Absence();
  for (let now = 0; now < 5_000; now += 500) expect(hasty.missed(now, rule)).toBe(false);
  const rare = new Absence();
  expect([0, 400_000, 800_000].map((now) => rare.missed(now, rule))).toEqual([false, false, true]);
  const steady = new Absence();
  const believed = Array.from({ length: 12 }, (_, look) => look * 20_000).filter((now) => steady.missed(now, rule));
  expect(believed[0]).toBe(180_000);
});

test("what is seen once has to be missed anew", () => {
  const absence = new Absence();
  for (let now = 0; now < 180_000; now += 20_000) absence.missed(now, rule);
  absence.seen();
  expect(absence.isSuspected).toBe(false);
  expect(absence.missed(180_000, rule)).toBe(false);
  expect(absence.isSuspected).toBe(true);
});

import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { RecordOverrides } from "./record-override.ts";

function make() {
  const clock = new ManualClock();
  const told: string[] = [];
  const overrides = new RecordOverrides(clock, () => told.push("hold over"));
  overrides.set("light", 6_000, {
    agrees: (record) => record["light"] === "on",
    apply: (record) => ({ ...record, light: "on" }),
    onLost: () => told.push("lost"),
  });
  /** A new list, as it is shown. */
  const list = (light: string): unknown => {
    for (const { onLost } of overrides.listed({ light })) onLost?.();
    return overrides.applyTo({ light })["light"];
  };
  return { clock, overrides, told, list };
}

test("a list that lags does not flip the state back", async () => {
  const { clock, told, list } = make();
  expect(list("off")).toBe("on");
  await clock.advance(5_000);
  expect(list("off")).toBe("on");
  expect(told).toEqual([]);
});

test("after the hold a new list is right, and only a new one; what is lost is told", async () => {
  const { clock, overrides, told, list } = make();
  await clock.advance(6_000);
  expect(told).toEqual(["hold over"]);
  expect(overrides.applyTo({ light: "off" })).toEqual({ light: "on" });
  expect(list("off")).toBe("off");
  expect(list("off")).toBe("off");
  expect(told).toEqual(["hold over", "lost"]);
});

test("once Ring has confirmed it, its next word counts at once, and nothing is asked for any more", async () => {
  const { clock, told, list } = make();
  expect(list("on")).toBe("on");
  expect(list("off")).toBe("off");
  expect(clock.pending).toBe(0);
  expect(told).toEqual([]);
});

test("another command begins the hold anew; at the end nothing is left", async () => {
  const { clock, overrides, told, list } = make();
  await clock.advance(4_000);
  overrides.set("light", 6_000, { agrees: () => false, apply: (record) => ({ ...record, light: "off" }) });
  await clock.advance(5_000);
  expect(list("on")).toBe("off");
  expect(told).toEqual([]);
  overrides[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});

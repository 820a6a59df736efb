import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { RecordOverrides } from "./record-override.ts";

function make() {
  const clock = new ManualClock();
  const overrides = new RecordOverrides(clock);
  overrides.set(
    "light",
    6_000,
    (record) => record["light"] === "on",
    (record) => ({ ...record, light: "on" }),
  );
  return { clock, overrides };
}

test("a list that lags does not flip the state back", async () => {
  const { clock, overrides } = make();
  expect(overrides.applyTo({ light: "off" })).toEqual({ light: "on" });
  await clock.advance(5_000);
  expect(overrides.applyTo({ light: "off" })).toEqual({ light: "on" });
});

test("after the hold Ring is right", async () => {
  const { clock, overrides } = make();
  await clock.advance(6_000);
  expect(overrides.applyTo({ light: "off" })).toEqual({ light: "off" });
});

test("once Ring has confirmed it, its next word counts at once", () => {
  const { overrides } = make();
  expect(overrides.applyTo({ light: "on" })).toEqual({ light: "on" });
  expect(overrides.applyTo({ light: "off" })).toEqual({ light: "off" });
});

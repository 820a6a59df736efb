import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { RecordGaps } from "./record-gaps.ts";

function make() {
  const clock = new ManualClock();
  return { clock, gaps: new RecordGaps(clock, { looks: 3, apartMs: 15_000, forMs: 60_000 }) };
}

const whole = {
  led_status: "on",
  siren_status: { seconds_remaining: 0 },
  health: { battery_percentage: 80, rssi: -50 },
  settings: { doorbell_volume: 5 },
};

test("what makes a feature is kept over an odd answer, and everything else is new", () => {
  const { gaps } = make();
  expect(gaps.fill(whole)).toBe(whole);
  expect(gaps.fill({ led_status: null, health: { rssi: -60 }, settings: {}, description: "Drive" })).toEqual({
    ...whole,
    health: { battery_percentage: 80, rssi: -60 },
    description: "Drive",
  });
});

test("it is gone when it stays away, each thing for itself", async () => {
  const { clock, gaps } = make();
  gaps.fill(whole);
  const { led_status: _light, ...dark } = whole;
  const { siren_status: _siren, ...silent } = dark;
  for (let list = 0; list < 3; list++) {
    expect(gaps.fill(dark)).toHaveProperty("led_status", "on");
    await clock.advance(20_000);
  }
  expect(gaps.fill(silent)).toEqual(dark);
  expect(gaps.fill(whole)).toBe(whole);
});

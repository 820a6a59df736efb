import { expect, test } from "vitest";
import { isAlertOn } from "./alerts.ts";

const withAlerts = (human: boolean, motion: boolean) => ({
  settings: { cv_settings: { detection_types: { human: { notification: human }, motion: { notification: motion } } } },
});

test.each([
  ["motion", "motion", withAlerts(true, false), false],
  ["motion", "person", withAlerts(true, false), true],
  ["motion", "person", withAlerts(false, true), false],
  ["motion", "motion", withAlerts(false, true), true],
  ["ding", "ding", withAlerts(false, false), true],
  ["motion", "motion", { settings: {} }, true],
  ["motion", "motion", undefined, true],
] as const)("%s, %s with %j: %s", (kind, detection, record, isOn) => {
  expect(isAlertOn(record, { kind, detection })).toBe(isOn);
});

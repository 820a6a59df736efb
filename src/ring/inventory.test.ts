import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { Redactor } from "../foundation/redact.ts";
import { usualAbsence } from "./absence.ts";
import { Inventory } from "./inventory.ts";
import type { RingClient } from "./ring-client.ts";
import { noSettingsMemory } from "./settings-memory.ts";
import { readDeviceList } from "./wire/device-list.ts";

function start() {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger(new Redactor(), () => clock.now());
  const inventory = new Inventory({
    locationIds: undefined,
    excludedDeviceIds: [],
    snapshotTimeoutMs: 1_000,
    callLimits: undefined,
    settings: noSettingsMemory,
    lastEvents: () => [],
    absence: usualAbsence,
    eventCheckMs: 1_000,
    onUntoldEvent: () => undefined,
    ...{ clock, logger, signal: new AbortController().signal },
    requestRefresh: () => undefined,
  });
  const list = (reply: object): void => {
    const devices = readDeviceList(reply);
    // No camera comes, so nothing is asked of Ring.
    if (devices) inventory.useDevices(devices, {} as RingClient);
  };
  return { clock, lines, list };
}

test("what has no usable id in Ring's list is said once, however often the list comes, with gaps, too", async () => {
  const { clock, lines, list } = start();
  const replies = [{ doorbots: [{}] }, { doorbots: [{}] }, { doorbots: [] }, { doorbots: [{}, { id: "x" }] }];
  for (const reply of replies) {
    list(reply);
    await clock.advance(61_000);
  }
  expect(lines.map(({ level, line }) => `${level}: ${line}`)).toEqual([
    "warn: the device 1 of Ring's list doorbots has no usable id; it is left out",
    "warn: the device 2 of Ring's list doorbots has no usable id; it is left out",
  ]);
});

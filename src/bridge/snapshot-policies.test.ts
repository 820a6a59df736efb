import { expect, test } from "vitest";
import { nextPictureMs } from "./snapshot-interval-policy.ts";
import { type CameraFacts, eventLadder, presentLadder, whyNoPicture } from "./snapshot-ladder-policy.ts";
import {
  automaticIntervalSeconds,
  isIntervalPassive,
  modeFor,
  modesFor,
  planOf,
  snapshotModes,
} from "./snapshot-mode-policy.ts";
import { staleReason } from "./snapshot-stale-policy.ts";

test("what each mode means", () => {
  const moments = (mode: (typeof snapshotModes)[number]): string => {
    const { onInterval, onMotion, onDing } = planOf(mode);
    return [onInterval && "interval", onMotion && "motion", onDing && "ding"].filter(Boolean).join(" ");
  };
  expect(Object.fromEntries(snapshotModes.map((mode) => [mode, moments(mode)]))).toEqual({
    All: "interval motion ding",
    Auto: "interval motion ding",
    Disabled: "",
    Ding: "ding",
    Interval: "interval",
    "Interval + Ding": "interval ding",
    "Interval + Motion": "interval motion",
    Motion: "motion",
    "Motion + Ding": "motion ding",
  });
});

test("a camera without a button has no modes with presses; a mode for all cameras fits it all the same", () => {
  expect(modesFor(true)).toEqual(snapshotModes);
  expect(modesFor(false)).toEqual(["All", "Auto", "Disabled", "Interval", "Interval + Motion", "Motion"]);
  for (const mode of snapshotModes) {
    expect(modeFor(mode, true)).toBe(mode);
    expect(modesFor(false)).toContain(modeFor(mode, false));
  }
  expect(modeFor("Motion + Ding", false)).toBe("Motion");
  expect(modeFor("Ding", false)).toBe("Disabled");
});

test("the interval that suits a camera", () => {
  const interval = (isOnBattery: boolean, captureEverySeconds: number | undefined): number =>
    automaticIntervalSeconds({ isOnBattery, captureEverySeconds });
  expect([interval(false, undefined), interval(false, 180)]).toEqual([30, 30]);
  expect([interval(true, undefined), interval(true, 840), interval(true, 1)]).toEqual([600, 840, 10]);
});

test("only Auto spares the battery, and only where the camera takes pictures by itself often enough", () => {
  const battery = { isOnBattery: true, captureEverySeconds: 840 };
  expect(isIntervalPassive("Auto", 840, battery)).toBe(true);
  expect(isIntervalPassive("Auto", 60, battery)).toBe(false);
  expect(isIntervalPassive("All", 840, battery)).toBe(false);
  expect(isIntervalPassive("Auto", 840, { ...battery, captureEverySeconds: undefined })).toBe(false);
  expect(isIntervalPassive("Auto", 840, { ...battery, isOnBattery: false })).toBe(false);
});

const wired: CameraFacts = {
  isOnline: true,
  isMotionDetectionOn: true,
  isOnBattery: false,
  isRecording: true,
  isStreaming: false,
  hasRecordings: true,
};
const battery = { ...wired, isOnBattery: true };
const bare = { isPast: false, hasImageId: false, hasEventId: true };
const rich = { ...bare, hasImageId: true };
const past = { ...bare, isPast: true };

test.each<[string, CameraFacts, typeof bare, string]>([
  ["wired, rich push", wired, rich, "push still recording"],
  ["wired, bare push", wired, bare, "still recording"],
  ["wired, streaming", { ...wired, isStreaming: true }, bare, "still stream recording"],
  ["wired, without plan", { ...wired, hasRecordings: false }, bare, "still"],
  ["wired, without event id", wired, { ...rich, hasEventId: false }, "push still"],
  ["wired, offline by now", { ...wired, isOnline: false }, rich, "push recording"],
  ["wired, motion detection off", { ...wired, isMotionDetectionOn: false }, bare, "recording"],
  ["wired, told late", wired, past, "recording"],
  [
    "wired, told late with an image, streaming",
    { ...wired, isStreaming: true },
    { ...past, hasImageId: true },
    "push recording",
  ],
  ["battery, told late, streaming", { ...battery, isStreaming: true }, past, "push recording"],
  ["battery, rich push", battery, rich, "push recording"],
  ["battery, bare push: the image may follow", battery, bare, "push recording"],
  ["battery, streaming", { ...battery, isStreaming: true }, bare, "push stream recording"],
  ["battery, nothing at all", { ...battery, hasRecordings: false }, bare, "push"],
])("the ladder of an event: %s", (_case, camera, event, ladder) => {
  expect(eventLadder(camera, event).join(" ")).toBe(ladder);
});

test.each<[string, CameraFacts, string, RegExp | undefined]>([
  ["wired", wired, "still", undefined],
  ["wired, streaming", { ...wired, isStreaming: true }, "stream still", undefined],
  ["wired, offline", { ...wired, isOnline: false }, "", /offline/],
  ["wired, motion detection off", { ...wired, isMotionDetectionOn: false }, "", /motion detection is off/],
  ["wired, record does not say", { ...wired, isMotionDetectionOn: undefined }, "still", undefined],
  ["battery, quiet", { ...battery, isRecording: false }, "still", undefined],
  ["battery, recording", battery, "", /while it records/],
  ["battery, streaming", { ...battery, isRecording: false, isStreaming: true }, "stream", undefined],
  ["battery, recording and streaming", { ...battery, isStreaming: true }, "stream", undefined],
])("the ladder of the present: %s", (_case, camera, ladder, why) => {
  expect(presentLadder(camera).join(" ")).toBe(ladder);
  if (why) expect(whyNoPicture(camera)).toMatch(why);
  else expect(whyNoPicture(camera)).toBeUndefined();
});

test("the next picture: after the interval, later and later where there are none, and not while a battery camera records", () => {
  const next = (failures: number, spread = 0, busyUntilMs = 0): number =>
    nextPictureMs({ lastMs: 1_000, intervalSeconds: 30, failures, spread, busyUntilMs });
  expect([0, 1, 2, 3, 4, 9].map((failures) => next(failures))).toEqual(
    [31, 31, 61, 121, 121, 121].map((s) => s * 1000),
  );
  expect([next(0, 1), next(0, 0.5)]).toEqual([16_000, 23_500]);
  expect(next(0, 0, 70_000)).toBe(70_000);
});

test("when a picture is stale, and why", () => {
  const fresh = {
    takenAt: 1_000_000,
    now: 1_000_000,
    mode: "Auto",
    intervalSeconds: 30,
    obstacle: undefined,
    missed: undefined,
  } as const;
  expect(staleReason(fresh)).toBeUndefined();
  expect(staleReason({ ...fresh, now: 1_089_999 })).toBeUndefined();
  expect(staleReason({ ...fresh, now: 1_090_000 })).toBe(
    "there has been no new picture for more than 3 intervals of 30 s",
  );
  const dayOld = { ...fresh, now: fresh.takenAt + 86_400_000, intervalSeconds: undefined };
  expect(staleReason({ ...dayOld, now: dayOld.now - 1, mode: "Motion" })).toBeUndefined();
  expect(staleReason({ ...dayOld, mode: "Motion" })).toBe("the picture is older than a day");
  expect(staleReason({ ...dayOld, mode: "Disabled" })).toBe(
    "the picture is older than a day, and snapshots are switched off",
  );
  // A week between two pictures is what its owner wants.
  expect(staleReason({ ...dayOld, intervalSeconds: 604_800 })).toBeUndefined();
  expect(staleReason({ ...fresh, obstacle: "the camera is offline" })).toBe("the camera is offline");
  expect(staleReason({ ...fresh, missed: "the last motion brought no picture" })).toMatch(/no picture/);
  expect(staleReason({ ...fresh, takenAt: undefined })).toMatch(/since Belfry started/);
  expect(staleReason({ ...fresh, takenAt: undefined, mode: "Disabled" })).toMatch(/switched off/);
});

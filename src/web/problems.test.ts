import { expect, test } from "vitest";
import type { CameraStatus, HouseStatus } from "./house-status.ts";
import { problemsOf } from "./problems.ts";

const at = 1_000_000;
const engine = { name: "built-in", isHealthy: true, rtspPort: 8554, hasSound: true };
const unmet = { text: "WHEP cannot be had: MediaMTX is missing", remedy: "Correct that." };
const calm: HouseStatus = {
  version: "1",
  at,
  signIn: { state: "signed-in" },
  push: { isHealthy: true },
  broker: { isConnected: true, address: "mqtt://b:1883" },
  engine,
  cameras: [],
};
const camera: CameraStatus = {
  id: "a",
  name: "Front Door",
  model: "Doorbell",
  isOnline: true,
  isBatteryLow: false,
  stream: { state: "idle", viewers: 0 },
};

const idsOf = (change: Partial<HouseStatus>): string[] => problemsOf({ ...calm, ...change }).map(({ id }) => id);

test("nothing is wrong where nothing is wrong, or has just begun", () => {
  expect(idsOf({ cameras: [camera] })).toEqual([]);
  expect(idsOf({ signIn: { state: "signing-in" } })).toEqual([]);
  expect(idsOf({ engine: undefined })).toEqual([]);
  expect(idsOf({ push: { isHealthy: false, unhealthySince: at - 5_000 } })).toEqual([]);
  expect(idsOf({ broker: { isConnected: false, address: "mqtt://b:1883", awaySince: at - 5_000 } })).toEqual([]);
});

test("each trouble has its problem, with a remedy", () => {
  const cases: [Partial<HouseStatus>, string][] = [
    [{ signIn: { state: "signed-out" } }, "sign-in"],
    [{ signIn: { state: "refused", reason: "401" } }, "sign-in"],
    [{ signIn: { state: "unreachable", reason: "time-out" } }, "ring"],
    [{ push: { isHealthy: false, unhealthySince: at - 31_000 } }, "push"],
    [{ broker: { isConnected: false, address: "mqtt://b:1883", reason: "nothing listens there" } }, "broker"],
    [{ broker: { isConnected: false, address: "mqtt://b:1883", awaySince: at - 31_000 } }, "broker"],
    [{ broker: { isConnected: true, address: "mqtt://b:1883", reason: "it does not let us write" } }, "broker"],
    [{ engine: { ...engine, isHealthy: false } }, "engine"],
    [{ engine: { ...engine, hasSound: false } }, "ffmpeg"],
    [{ engine: { ...engine, unmet } }, "engine-wish"],
    [{ cameras: [{ ...camera, isOnline: false, isBatteryLow: true }] }, "offline-a"],
    [{ cameras: [{ ...camera, isBatteryLow: true, battery: 5 }] }, "battery-a"],
    [{ cameras: [{ ...camera, stream: { state: "failed", reason: "no video came", viewers: 0 } }] }, "stream-a"],
  ];
  for (const [change, id] of cases) {
    const problems = problemsOf({ ...calm, ...change });
    expect(problems.map((problem) => problem.id)).toEqual([id]);
    for (const { text, remedy } of problems) {
      expect(text).toMatch(/^[A-Z].*[.]$/);
      expect(remedy).toMatch(/^[A-Z].*[.]$/);
    }
  }
});

test("what follows from the missing sign-in is no problem of its own", () => {
  const change = {
    signIn: { state: "signed-out" },
    push: { isHealthy: false, unhealthySince: 0 },
    cameras: [{ ...camera, isOnline: false }],
  } as const;
  expect(idsOf(change)).toEqual(["sign-in"]);
});

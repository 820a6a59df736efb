import { expect, test } from "vitest";
import type { CameraStatus } from "../house-status.ts";
import { ago, brokerWords, clockTime, engineWords, eventWords, failureWords, pushWords, streamWords } from "./words.ts";

const now = new Date(2026, 5, 15, 12, 0).getTime();
const minute = 60_000;

test("failures say what to do, and when", () => {
  const blocked = { code: "sign-in.blocked", text: "Ring blocks", retryAt: now + 35 * minute };
  expect(failureWords(blocked, now)).toBe(
    `Ring has blocked sign-ins because of too many attempts. Try again after ${clockTime(blocked.retryAt, now)}; trying earlier makes it longer.`,
  );
  expect(clockTime(blocked.retryAt, now)).toMatch(/^12[:.]35/);
  expect(failureWords({ code: "web.too-many", text: "" }, now)).toBe("Too many tries. Try again later.");
  expect(failureWords({ code: "sign-in.wrong-code", text: "" }, now)).toMatch(/wrong or too old/);
  // A code that nobody has words for yet: Belfry's own sentence.
  expect(failureWords({ code: "storage.full", text: "the disk is full" }, now)).toBe("The disk is full.");
});

test("another day is named", () => {
  expect(clockTime(now + 24 * 60 * minute, now)).toMatch(/16/);
  expect(clockTime(now + minute, now)).not.toMatch(/15/);
});

test("how long ago", () => {
  const cases = [
    [-5, "just now"],
    [20, "just now"],
    [60, "1 min ago"],
    [59 * 60, "59 min ago"],
    [2 * 3600, "2 h ago"],
    [30 * 3600, "yesterday"],
    [72 * 3600, "3 days ago"],
  ] as const;
  for (const [seconds, words] of cases) expect(ago(now - seconds * 1000, now)).toBe(words);
});

const camera: CameraStatus = {
  id: "a",
  name: "Front Door",
  model: "Doorbell",
  isOnline: true,
  isBatteryLow: false,
  stream: { state: "idle", viewers: 0 },
};

test("cameras: events and streams", () => {
  expect(eventWords(camera)).toBeUndefined();
  expect(eventWords({ ...camera, lastEvent: { kind: "ding", what: "ding", at: now } })).toBe("Doorbell pressed");
  expect(eventWords({ ...camera, lastEvent: { kind: "motion", what: "person", at: now } })).toBe("Person");
  expect(eventWords({ ...camera, lastEvent: { kind: "motion", what: "constructor", at: now } })).toBe("Motion");
  expect(streamWords({ ...camera, stream: { state: "ready", viewers: 2 } }).text).toBe("Live, 2 viewers");
  expect(streamWords({ ...camera, stream: { state: "ready", viewers: 1 } }).text).toBe("Live, 1 viewer");
  expect(streamWords({ ...camera, isOnline: false, stream: { state: "failed", viewers: 0 } }).text).toBe("Offline");
});

test("connections: what waits for the sign-in is no trouble", () => {
  const house = {
    version: "1",
    at: now,
    signIn: { state: "signed-out" },
    push: { isHealthy: false },
    broker: { isConnected: false, address: "mqtt://b:1883" },
    engine: { name: "built-in", isHealthy: true, rtspPort: 8554, hasSound: true },
    cameras: [],
  } as const;
  expect(pushWords(house, now).tone).toBe("quiet");
  expect(pushWords({ ...house, signIn: { state: "signed-in" } }, now).tone).toBe("busy");
  expect(brokerWords(house.broker).tone).toBe("busy");
  expect(engineWords(house.engine)).toMatchObject({ tone: "good", detail: "RTSP on port 8554 (built-in)" });
  expect(engineWords(undefined)).toEqual({ tone: "busy", text: "Starting" });
  expect(brokerWords({ ...house.broker, reason: "refused" }).tone).toBe("bad");
});

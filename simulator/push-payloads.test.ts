// The texts of pushes as the clients parse them: each value is JSON in a string.
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import type { RawDevice } from "./contracts.ts";
import { intercomUnlockPush, livePush } from "./push-payloads.ts";

const [device] = buildAccount().ring_devices.doorbots as [RawDevice, ...RawDevice[]];
const createdAt = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
const parse = (payload: Record<string, string>, key: string): unknown => JSON.parse(payload[key] ?? "null");

test("a ding", () => {
  const push = livePush({ device, kind: "ding", dingId: "7410000000000000001", createdAt, detection: "motion" });

  expect(push["version"]).toBe("2.0.0");
  expect(Object.values(push).every((value) => typeof value === "string")).toBe(true);
  expect(parse(push, "android_config")).toMatchObject({
    category: "com.ring.pn.live-event.ding",
    body: "🔔 Someone is at your Front Door",
  });
  expect(parse(push, "data")).toMatchObject({
    device: { id: 48151101, kind: "cocoa_doorbell_v2", name: "Front Door" },
    event: {
      ding: { id: "7410000000000000001", created_at: "2026-02-03T04:05:06Z", subtype: "ding" },
      eventito: { type: "ding" },
    },
  });
  expect(push["img"]).toBeUndefined();
});

test("a person with a picture, and one without ding id", () => {
  const person = livePush({ device, kind: "motion", dingId: "1", createdAt, detection: "human", snapshotUuid: "abc" });
  expect(parse(person, "android_config")).toMatchObject({
    category: "com.ring.pn.live-event.motion",
    body: "There is a Person at your Front Door",
  });
  expect(parse(person, "data")).toMatchObject({
    event: { ding: { subtype: "human", detection_type: "human" }, eventito: { type: "human" } },
  });
  expect(parse(person, "img")).toEqual({ snapshot_uuid: "abc:48151101" });

  const without = livePush({ device, kind: "motion", createdAt, detection: "motion" });
  expect(parse(without, "data")).not.toHaveProperty("event.ding.id");
});

test("an intercom's ring has no eventito; its unlock is in both places", () => {
  const ring = livePush({ device, kind: "intercom", dingId: "1", createdAt, detection: "motion" });
  expect(parse(ring, "data")).not.toHaveProperty("event.eventito");

  const unlock = intercomUnlockPush(device, createdAt);
  const gcmData = { action: "com.ring.push.INTERCOM_UNLOCK_FROM_APP", alarm_meta: { device_zid: 48151101 } };
  expect(parse(unlock, "gcmData")).toMatchObject(gcmData);
  expect(parse(unlock, "data")).toMatchObject({ gcmData });
});

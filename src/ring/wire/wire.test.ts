import fc from "fast-check";
import { expect, test } from "vitest";
import { readDeviceList } from "./device-list.ts";
import { mergeLocations, readLocations } from "./location-list.ts";
import { parseLossless } from "./lossless-json.ts";
import { readCameraPush } from "./push-message.ts";
import { unwrapToken, wrapToken } from "./wrapped-token.ts";

test("one broken record never stops the others", () => {
  const list = readDeviceList({
    doorbots: [null, "text", { id: "987652", kind: 5 }, { kind: "doorbell" }],
    stickup_cams: { not: "a list" },
    authorized_doorbots: null,
    other: [
      { id: 3, kind: "intercom_handset_audio" },
      { id: 4, kind: "third_party_gdo" },
      { id: 5, kind: "three_p_cam" },
      8,
    ],
  });
  expect(list?.cameras.map(({ ringId }) => ringId)).toEqual([987652, 5]);
  expect(list?.unusable).toHaveLength(3);
});

test("what ring-client-api reads without looking is there", () => {
  const record = readDeviceList({ doorbots: [{ id: 1 }] })?.cameras[0]?.record;
  expect(record).toMatchObject({
    id: 1,
    kind: "unknown",
    description: "Camera 1",
    alerts: {},
    settings: { sheila_settings: {} },
  });
});

test("a device in two lists is one camera; ids that would break topics are replaced", () => {
  const list = readDeviceList({ doorbots: [{ id: 1, device_id: "a/b#+" }], authorized_doorbots: [{ id: 1 }] });
  expect(list?.cameras.map(({ deviceId }) => deviceId)).toEqual(["1"]);
});

test.each([[undefined], ["<html>"], [[]], [{}], [{ error: "no" }]])("%j is no device list", (reply) => {
  expect(readDeviceList(reply)).toBeUndefined();
});

test("locations that only devices know are locations too", () => {
  const listed = readLocations({ user_locations: [{ location_id: "a", name: "Home" }, null, { name: "no id" }] });
  expect(mergeLocations(listed, ["a", "b"], undefined)).toEqual([
    { id: "a", name: "Home" },
    { id: "b", name: "b" },
  ]);
  expect(mergeLocations(listed, ["a", "b"], ["b"])).toEqual([{ id: "b", name: "b" }]);
  expect(readLocations(null)).toEqual([]);
});

test("integers beyond 2^53 stay as they are written", () => {
  expect(parseLossless('{"id":7408123456789012345,"n":12,"f":1.5}')).toEqual({
    id: "7408123456789012345",
    n: 12,
    f: 1.5,
  });
  expect(parseLossless("not json")).toBeUndefined();
});

const motion = {
  android_config: JSON.stringify({
    category: "com.ring.pn.live-event.motion",
    body: "There is a Person at your Front Door",
  }),
  analytics: JSON.stringify({ triggered_at: 1_724_945_621_000 }),
  data: '{"device":{"id":42},"event":{"ding":{"id":7408123456789012345,"created_at":"2024-08-29T15:33:41Z","detection_type":"human","subtype":"human"},"eventito":{"type":"human","timestamp":1724945621123}}}',
  img: JSON.stringify({ snapshot_uuid: "abc:12345678" }),
};

const receivedAt = 1_724_945_622_000;

test("a motion push with everything", () => {
  expect(readCameraPush(motion, receivedAt)).toEqual({
    ringId: 42,
    event: {
      kind: "motion",
      eventId: "7408123456789012345",
      happenedAt: 1_724_945_621_123,
      receivedAt,
      detection: "person",
      text: "There is a Person at your Front Door",
      imageId: "abc:12345678",
    },
  });
});

test("a ding push with next to nothing", () => {
  const bare = { android_config: '{"category":"com.ring.pn.live-event.ding"}', data: '{"device":{"id":"42"}}' };
  expect(readCameraPush(bare, 5)).toMatchObject({
    ringId: 42,
    event: { kind: "ding", eventId: undefined, happenedAt: 5, imageId: undefined },
  });
});

test.each([
  ["human", "person"],
  ["ding", "ding"],
  ["motion", "ding"],
])("a press with detection %s is told as %s", (word, expected) => {
  const data = JSON.stringify({ device: { id: 42 }, event: { ding: { detection_type: word } } });
  const push = { android_config: '{"category":"com.ring.pn.live-event.ding"}', data };
  expect(readCameraPush(push, 5)?.event.detection).toBe(expected);
});

test.each([
  ["moving_vehicle", "vehicle"],
  ["package_delivery", "package"],
  ["other_motion", "other_motion"],
  ["brand_new", "brand_new"],
  ["null", "motion"],
])("detection %s is %s", (word, expected) => {
  const data = JSON.stringify({ device: { id: 42 }, event: { ding: { detection_type: word } } });
  expect(readCameraPush({ ...motion, data }, 5)?.event.detection).toBe(expected);
});

test.each([
  [1_724_945_621_123, 1_724_945_621_123],
  // Clocks differ.
  [receivedAt + 30_000, receivedAt + 30_000],
  // Seconds, microseconds, nonsense and the far future: another field says it better, or the time of receipt.
  [1_724_945_621, 1_724_945_621_000],
  [1.724945621e15, 1_724_945_621_000],
  [8.64e15, 1_724_945_621_000],
  [-5, 1_724_945_621_000],
  [receivedAt + 86_400_000, receivedAt],
])("an event of time %d happened at %d", (timestamp, happenedAt) => {
  const data = JSON.stringify({ device: { id: 42 }, event: { eventito: { timestamp } } });
  expect(readCameraPush({ ...motion, data }, receivedAt)?.event.happenedAt).toBe(happenedAt);
});

test("other messages, and no message at all, are none of ours", () => {
  expect(
    readCameraPush({ ...motion, android_config: '{"category":"com.ring.pn.live-event.intercom"}' }, 5),
  ).toBeUndefined();
  expect(readCameraPush({ ...motion, data: "{}" }, 5)).toBeUndefined();
  fc.assert(fc.property(fc.jsonValue(), (value) => readCameraPush(value, 5) === undefined));
});

test("tokens: raw and wrapped, there and back", () => {
  expect(unwrapToken(" eyJhbGciOi.J9.x ")).toEqual({
    refreshToken: "eyJhbGciOi.J9.x",
    hardwareId: undefined,
    pushCredentials: undefined,
  });
  const token = { refreshToken: "r", hardwareId: "h", pushCredentials: { fcm: { token: "f" } } };
  expect(unwrapToken(wrapToken(token))).toEqual(token);
});

import { expect, test } from "vitest";
import { rtspUrl, stillImageUrl } from "./stream-urls.ts";

test("credentials are encoded, IPv6 hosts are put in brackets", () => {
  expect(rtspUrl({ host: "10.0.0.2", port: 8554 }, "a_live")).toBe("rtsp://10.0.0.2:8554/a_live");
  expect(rtspUrl({ host: "fd00::1", port: 1, credentials: { username: "a b", password: "p@:/" } }, "x")).toBe(
    "rtsp://a%20b:p%40%3A%2F@[fd00::1]:1/x",
  );
});

test("the still image is the camera proxy of the snapshot entity", () => {
  expect(stillImageUrl("http://ha:8123", "camera.front_door_snapshot")).toBe(
    "http://ha:8123{{ states.camera.front_door_snapshot.attributes.entity_picture }}",
  );
});

import { expect, test } from "vitest";
import { StreamStage, viewer } from "./stream.fixtures.ts";
import { StreamHub } from "./stream-hub.ts";

test("streams are found by path, and closed when they are removed", async () => {
  const stage = new StreamStage();
  const hub = new StreamHub();
  let changes = 0;
  hub.streamsChanged.subscribe(() => changes++);
  hub.add(stage.path);
  expect(hub.find("camera_live")).toBe(stage.path);
  expect(hub.find("camera_event")).toBeUndefined();
  expect(() => hub.add(stage.path)).toThrow("already a stream at camera_live");
  const lease = await stage.started();
  await hub.remove("camera_live");
  await hub.remove("camera_live");
  expect(lease.ended.reason).toMatchObject({ code: "stream.shutdown" });
  expect(stage.source.session.isClosed).toBe(true);
  expect(hub.streams).toEqual([]);
  expect(changes).toBe(2);
});

test("closing the hub closes all streams", async () => {
  const stage = new StreamStage();
  const hub = new StreamHub();
  hub.add(stage.path);
  const lease = stage.path.lease(viewer);
  await hub[Symbol.asyncDispose]();
  expect(lease.ended.aborted).toBe(true);
});

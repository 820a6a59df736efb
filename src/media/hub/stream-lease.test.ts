import { expect, test } from "vitest";
import { StreamStage, viewer } from "./stream.fixtures.ts";

test("a lease may turn out to be somebody else's", async () => {
  const stage = new StreamStage();
  const lease = stage.path.lease({ ...viewer, userAgent: "" });
  const told: string[] = [];
  stage.path.statusChanged.subscribe(({ viewers }) => told.push(viewers.map(({ userAgent }) => userAgent).join()));
  lease.rename({ ...viewer, userAgent: "VLC" });
  expect(told).toEqual(["VLC"]);
  expect(stage.path.status.viewers).toMatchObject([{ ...viewer, userAgent: "VLC" }]);
  lease[Symbol.dispose]();
  lease.rename(viewer);
  expect(told).toEqual(["VLC", ""]);
});

test("a key frame is asked for by whoever holds a lease, and by nobody after its end", async () => {
  const stage = new StreamStage();
  await stage.started();
  const lease = stage.path.lease(viewer);
  const before = stage.source.session.keyFrameRequests;
  lease.requestKeyFrame();
  expect(stage.source.session.keyFrameRequests).toBe(before + 1);
  lease[Symbol.dispose]();
  lease.requestKeyFrame();
  expect(stage.source.session.keyFrameRequests).toBe(before + 1);
});

import { expect, test } from "vitest";
import { RecordingOutput } from "../../hub/reader-output.fake.ts";
import { StreamStage, viewer } from "../../hub/stream.fixtures.ts";
import { trackNumbers } from "../../hub/track-numbers.ts";
import { Feeds } from "./feeds.ts";

const anyone = new AbortController().signal;
const { video, audio } = trackNumbers;

async function opened() {
  const stage = new StreamStage();
  await stage.started();
  const lease = stage.path.lease(viewer);
  const feeds = new Feeds();
  const open = feeds.open("camera_live", { stream: stage.path, lease, viewer, tracks: [video, audio] });
  return { stage, lease, feeds, open };
}

test("a feed is found under a path that nobody can guess, as long as it is open", async () => {
  const { feeds, open } = await opened();
  const { path } = open.feed;
  expect(path).toMatch(/^secret-[0-9a-f]{48}\/camera_live$/);
  expect(feeds.find(path)).toBe(open.feed);
  expect(feeds.find("camera_live")).toBeUndefined();
  open[Symbol.dispose]();
  expect(feeds.find(path)).toBeUndefined();
});

test("its tracks are those that were wanted, numbered anew", async () => {
  const { stage, open } = await opened();
  expect((await open.feed.describe(viewer, anyone)).map(({ codec }) => codec)).toEqual(["h264", "opus"]);
  const output = new RecordingOutput();
  const reader = open.feed.lease().play([0, 1], output);
  expect(reader.tracks.map(({ track }) => track)).toEqual([0, 1]);
  await stage.run(200);
  expect(output.packets(0).length).toBeGreaterThan(0);
  expect(output.packets(1).length).toBeGreaterThan(0);
  await open.feed.firstPicture;
  expect(open.feed.hasSound).toBe(true);
});

test("it is taken once, and giving it back ends nothing", async () => {
  const { stage, lease, open } = await opened();
  open.feed.lease()[Symbol.dispose]();
  expect(() => open.feed.lease()).toThrow(/taken already/);
  expect(lease.ended.aborted).toBe(false);
  expect(stage.path.status.viewers.length).toBeGreaterThan(0);
});

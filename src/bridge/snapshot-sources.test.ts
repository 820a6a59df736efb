import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Snapshot, SnapshotRequest } from "../ring/camera-state.ts";
import { SnapshotBudget } from "./snapshot-budget.ts";
import { SnapshotSources } from "./snapshot-sources.ts";

const never = new AbortController().signal;
const picture: Snapshot = { jpeg: Buffer.from("jpeg"), takenAt: 1 };

function setUp(snapshot: (request: SnapshotRequest) => Promise<Snapshot>) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const frame: { now: { annexB: Buffer; ageMs: number } | undefined } = { now: undefined };
  const startedAt = clock.now();
  const sources = new SnapshotSources({
    snapshot: (request) => {
      asked.push(clock.now() - startedAt);
      return snapshot(request);
    },
    keyFrame: () => frame.now,
    keyFrameJpeg: async (annexB) => Buffer.concat([Buffer.from("jpeg of "), annexB]),
    recordingJpeg: async (event) => Buffer.from(`recording ${event.eventId}`),
    budget: new SnapshotBudget(clock),
    clock,
  });
  return { clock, asked, frame, sources };
}

test("the image of a push is asked for until it is there, some seconds after its id", async () => {
  const { clock, asked, sources } = setUp(async ({ imageId }) => {
    expect(imageId).toBe("uuid:1");
    if (asked.length < 5) throw new PermanentError("ring.not-allowed", "not yet");
    return picture;
  });
  const found = sources.push("uuid:1", never);
  await clock.advance(10_000);
  await expect(found).resolves.toEqual({ ...picture, source: "push" });
  expect(asked).toEqual([0, 500, 1_000, 2_000, 3_000]);
});

test("an image that never comes is given up after some seconds, with Ring's reason", async () => {
  const { clock, asked, sources } = setUp(async () => {
    throw new PermanentError("ring.not-allowed", "there is no such image");
  });
  const found = sources.push("uuid:1", never);
  found.catch(() => undefined);
  await clock.advance(15_000);
  await expect(found).rejects.toThrow("there is no such image");
  expect(asked).toHaveLength(9);
  expect(asked.at(-1)).toBe(10_000);
});

test("a still that hangs is given up", async () => {
  const { clock, sources } = setUp(() => new Promise(() => undefined));
  const found = sources.still({}, true, never);
  found.catch(() => undefined);
  await clock.advance(15_000);
  await expect(found).rejects.toThrow("the snapshot took longer than 15000 ms");
});

test("a picture of the stream has the time of its frame, one of a recording that of the event", async () => {
  const { clock, frame, sources } = setUp(async () => picture);
  await expect(sources.stream(never)).rejects.toMatchObject({ code: "snapshot.no-frame" });
  frame.now = { annexB: Buffer.from("frame"), ageMs: 1_500 };
  const { jpeg, takenAt, source } = await sources.stream(never);
  expect([jpeg.toString(), clock.now() - takenAt, source]).toEqual(["jpeg of frame", 1_500, "stream"]);
  const event = { kind: "ding", eventId: "7", happenedAt: 5, receivedAt: 6, detection: "ding" } as const;
  const recorded = await sources.recording({ ...event, text: undefined, imageId: undefined }, never);
  expect(recorded).toEqual({ jpeg: Buffer.from("recording 7"), takenAt: 5, source: "recording" });
});

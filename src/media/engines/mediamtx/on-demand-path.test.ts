import { expect, test } from "vitest";
import { PermanentError, TransientError } from "../../../foundation/errors.ts";
import { RecordingOutput } from "../../hub/reader-output.fake.ts";
import { viewer } from "../../hub/stream.fixtures.ts";
import type { StreamBudget } from "../../hub/stream-budget.ts";
import { OnDemandStage } from "./on-demand.fixtures.ts";

const [first, second] = ["lease-number-1", "lease-number-2"];
const reader = (id: string, userAgent = "VLC") => ({ id, viewer: { ...viewer, userAgent } });

/** Of a recording. */
async function heldEvent(): Promise<OnDemandStage> {
  const stage = new OnDemandStage({ path: "camera_event" });
  stage.path.command(`ON-DEMAND camera_event ${first}`);
  await stage.settle();
  stage.stream.video(stage.stream.camera.keyFrame());
  await stage.settle();
  await stage.published();
  return stage;
}

/** Wanted, and there at MediaMTX. */
async function carried(): Promise<OnDemandStage> {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  await stage.published();
  stage.path.seen([reader("r1")], false);
  return stage;
}

test("a demand starts the stream and an FFmpeg, and is told as in force", async () => {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  expect(stage.stream.source.openings).toBe(1);
  expect(stage.publishers).toMatchObject([{ sound: "encode" }]);
  expect(stage.feeds.find(stage.publishers[0]?.input ?? "")).toBeDefined();
  expect(stage.told.at(-1)).toMatchObject({ status: "activating", leases: [first], ended: [] });
  expect(stage.stream.path.status.viewers).toMatchObject([{ kind: "rtsp", address: "192.0.2.9" }]);
});

test("what is not for this path, not new or not a command is ignored", async () => {
  const stage = await carried();
  stage.path.command("ON-DEMAND other_live some-lease-of-another");
  stage.path.command(`ON-DEMAND camera_live ${first}`);
  stage.path.command("OFF-DEMAND an-unknown-lease");
  stage.path.command("nonsense");
  await stage.settle();
  expect(stage.publishers).toHaveLength(1);
  expect(stage.told.at(-1)).toMatchObject({ leases: [first] });
});

test("given back it ends, and MediaMTX need not be told: it said so itself", async () => {
  const stage = await carried();
  stage.path.seen([], false);
  stage.path.command(`OFF-DEMAND ${first}`);
  await stage.settle();
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
  expect(stage.replaced).toEqual([]);
  expect(stage.told.at(-1)).toMatchObject({ leases: [], ended: [first] });
  expect(stage.path.isCarried).toBe(false);
  await stage.stream.clock.advance(7_000);
  expect(stage.stream.path.status.state).toBe("idle");
});

test("given back while somebody reads it goes on, and ends a moment after the last reader", async () => {
  const stage = await carried();
  stage.path.command(`OFF-DEMAND ${first}`);
  await stage.settle();
  expect(stage.looks).toBe(1);
  expect(stage.publishers[0]?.signal.aborted).toBe(false);
  stage.path.seen([], false);
  await stage.stream.clock.advance(1_100);
  stage.path.seen([], false);
  await stage.settle();
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
});

test("a second script takes over, and the first one's end means nothing any more", async () => {
  const stage = await carried();
  await stage.wanted(second);
  expect(stage.told.at(-1)).toMatchObject({ leases: [second], ended: [first] });
  stage.path.command(`OFF-DEMAND ${first}`);
  await stage.wanted(first);
  expect(stage.publishers).toHaveLength(1);
  expect(stage.publishers[0]?.signal.aborted).toBe(false);
  expect(stage.told.at(-1)).toMatchObject({ leases: [second] });
});

test("a stream that ends sends its readers away at once", async () => {
  const stage = await carried();
  stage.stream.path.turnOff();
  await stage.settle();
  expect(stage.replaced).toHaveLength(1);
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
  expect(stage.told.at(-1)).toMatchObject({ leases: [], ended: [first] });
});

test("a publisher that MediaMTX drops is noticed at once, though FFmpeg has nothing to send: whoever comes is not left waiting", async () => {
  const stage = await carried();
  stage.publications[0]?.lose();
  await stage.settle();
  expect(stage.replaced).toHaveLength(1);
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
  expect(stage.told.at(-1)).toMatchObject({ leases: [], ended: [first] });
  await stage.wanted(second);
  expect(stage.publishers).toHaveLength(2);
});

test("a refusal sends the waiting reader away at once, with the reason for whoever looks", async () => {
  const stage = new OnDemandStage();
  stage.stream.path.setLocked(true);
  await stage.wanted(first);
  expect(stage.publishers).toEqual([]);
  expect(stage.replaced).toHaveLength(1);
  expect(stage.told).toContainEqual(expect.objectContaining({ status: "failed", ended: [first] }));
});

test("an FFmpeg that dies before it has published is replaced; later the readers have to come again", async () => {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  stage.publishers[0]?.fail(new TransientError("ffmpeg.ended", "killed"));
  await stage.settle();
  await stage.stream.clock.advance(200);
  await stage.settle();
  expect(stage.publishers).toHaveLength(2);
  expect(stage.replaced).toEqual([]);
  expect(stage.stream.source.openings).toBe(1);
  await stage.published();
  stage.publishers[1]?.fail(new TransientError("ffmpeg.ended", "killed"));
  await stage.settle();
  expect(stage.publishers).toHaveLength(2);
  expect(stage.replaced).toHaveLength(1);
  expect(stage.publications.map(({ isOver }) => isOver)).toEqual([true, true]);
});

test("an FFmpeg that is not there is not tried again", async () => {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  stage.publishers[0]?.fail(new PermanentError("ffmpeg.missing", "not installed"));
  await stage.settle();
  await stage.stream.clock.advance(5_000);
  expect(stage.publishers).toHaveLength(1);
  expect(stage.replaced).toHaveLength(1);
});

test("a camera that sends pictures and no sound is carried without", async () => {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  const feed = stage.feeds.find(stage.publishers[0]?.input ?? "");
  feed?.lease(viewer).play([0, 1], new RecordingOutput());
  expect(stage.publications).toMatchObject([{ isExpected: false }]);
  stage.stream.video(stage.stream.camera.keyFrame());
  await stage.settle();
  expect(stage.publications).toMatchObject([{ isExpected: true }]);
  await stage.stream.clock.advance(1_300);
  await stage.settle();
  expect(stage.publishers.map(({ sound }) => sound)).toEqual(["encode", "none"]);
});

test("a camera that had no sound the last time is carried without from the beginning", async () => {
  const stage = new OnDemandStage();
  const { memory } = stage.stream;
  const remembered = memory.load("camera_live");
  if (remembered) memory.save("camera_live", { ...remembered, audioCodec: "none" });
  await stage.wanted(first);
  expect(stage.publishers.map(({ sound }) => sound)).toEqual(["none"]);
});

test("that is remembered, until some sound is heard; and then it is given more time", async () => {
  const stage = new OnDemandStage();
  const play = (number: number): void => {
    stage.feeds
      .find(stage.publishers[number]?.input ?? "")
      ?.lease(viewer)
      .play([0], new RecordingOutput());
  };
  await stage.wanted(first);
  play(0);
  stage.stream.video(stage.stream.camera.keyFrame());
  await stage.stream.clock.advance(1_300);
  await stage.settle();
  stage.path.command(`OFF-DEMAND ${first}`);
  await stage.settle();
  await stage.wanted(second);
  expect(stage.publishers.map(({ sound }) => sound)).toEqual(["encode", "none", "none"]);
  play(2);
  stage.stream.sound();
  await stage.settle();
  stage.path.command(`OFF-DEMAND ${second}`);
  await stage.settle();
  await stage.wanted("lease-number-3");
  expect(stage.publishers.at(-1)?.sound).toBe("encode");
  play(3);
  stage.stream.video(stage.stream.camera.keyFrame());
  await stage.stream.clock.advance(4_900);
  await stage.settle();
  expect(stage.publishers).toHaveLength(4);
});

test("a camera that starts slowly is not given up at the moment when it can be read", async () => {
  const stage = new OnDemandStage();
  await stage.wanted(first);
  await stage.stream.clock.advance(6_000);
  await stage.published();
  stage.path.seen([], false);
  await stage.stream.clock.advance(3_900);
  stage.path.seen([], false);
  expect(stage.publishers.map(({ signal }) => signal.aborted)).toEqual([false]);
  await stage.stream.clock.advance(200);
  stage.path.seen([], false);
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
});

test("what is held goes on when somebody reads it, as we are told, or see for a while", async () => {
  const told = await heldEvent();
  expect(told.publications).toMatchObject([{ isRecording: true, isReleased: false }]);
  told.path.readerJoined();
  expect(told.publications).toMatchObject([{ isReleased: true }]);
  const seen = await heldEvent();
  seen.path.seen([reader("r1")], false);
  await seen.stream.clock.advance(900);
  seen.path.seen([reader("r1")], false);
  expect(seen.publications).toMatchObject([{ isReleased: false }]);
  await seen.stream.clock.advance(200);
  seen.path.seen([reader("r1")], false);
  expect(seen.publications).toMatchObject([{ isReleased: true }]);
  expect((await carried()).publications).toMatchObject([{ isRecording: false }]);
});

test("a recording is over when all of it has gone on", async () => {
  const stage = await heldEvent();
  stage.stream.source.session.end(undefined);
  await stage.settle();
  expect(stage.publishers[0]?.signal.aborted).toBe(false);
  expect(stage.replaced).toEqual([]);
  stage.publications[0]?.finish();
  await stage.settle();
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
  expect(stage.replaced).toHaveLength(1);
});

test("readers at MediaMTX are the stream's viewers, and each new one gets a key frame", async () => {
  const stage = await carried();
  const { session } = stage.stream.source;
  const names = (): string[] => stage.stream.path.status.viewers.map(({ userAgent }) => userAgent);
  expect(names()).toEqual(["VLC"]);
  const before = session.keyFrameRequests;
  await stage.stream.clock.advance(2_000);
  stage.path.seen([reader("r1"), reader("r2", "go2rtc")], false);
  expect(names().sort()).toEqual(["VLC", "go2rtc"]);
  expect(session.keyFrameRequests).toBe(before + 1);
  stage.path.seen([reader("r2", "go2rtc")], false);
  expect(names()).toEqual(["go2rtc"]);
  stage.path.readerJoined();
  expect(session.keyFrameRequests).toBe(before + 2);
});

test("a script that dies before its first word leaves nobody waiting; one that is slow is given time", async () => {
  const stage = new OnDemandStage();
  const { clock } = stage.stream;
  stage.path.scriptStarted();
  expect(stage.path.isIdle).toBe(false);
  await clock.advance(400);
  expect(stage.replaced).toHaveLength(1);
  expect(stage.path.isIdle).toBe(true);
  stage.isScriptGone = false;
  stage.path.scriptStarted();
  await clock.advance(2_000);
  stage.isScriptGone = true;
  await clock.advance(150);
  expect(stage.replaced).toHaveLength(2);
  stage.isScriptGone = false;
  stage.path.scriptStarted();
  await clock.advance(4_900);
  expect(stage.replaced).toHaveLength(2);
  await clock.advance(200);
  expect(stage.replaced).toHaveLength(3);
});

test("a script that has spoken is watched no more", async () => {
  const stage = new OnDemandStage();
  stage.path.scriptStarted();
  await stage.wanted(first);
  await stage.stream.clock.advance(6_000);
  expect(stage.replaced).toEqual([]);
});

test("a limit of one viewer sends nobody away while another may have asked", async () => {
  const paused = { kind: "rtsp", address: "192.0.2.9", userAgent: "wall" } as const;
  const other = { kind: "rtsp", address: "192.0.2.10", userAgent: "phone" } as const;
  const budget: StreamBudget = {
    started: () => undefined,
    ended: () => undefined,
    check: ({ userAgent }) =>
      userAgent === "wall" ? { refusal: "paused", message: "a pause", retryAfterMs: 1_000 } : undefined,
  };
  const both = new OnDemandStage({ budgets: [budget] });
  both.starters = [paused, other];
  await both.wanted(first);
  expect(both.stream.path.status.viewers).toMatchObject([other]);
  expect(both.replaced).toEqual([]);
  const alone = new OnDemandStage({ budgets: [budget] });
  alone.starters = [paused];
  await alone.wanted(first);
  expect(alone.publishers).toEqual([]);
  expect(alone.replaced).toHaveLength(1);
});

test("a locked stream is closed at MediaMTX, but not under those who watch it", async () => {
  const stage = new OnDemandStage();
  stage.path.register();
  expect(stage.replaced.at(-1)).toHaveProperty("runOnDemand");
  stage.stream.path.setLocked(true);
  expect(stage.replaced.at(-1)).not.toHaveProperty("runOnDemand");
  stage.stream.path.setLocked(false);
  await stage.wanted(first);
  await stage.published();
  stage.path.seen([reader("r1")], false);
  const told = stage.replaced.length;
  stage.stream.path.setLocked(true);
  await stage.settle();
  expect(stage.replaced).toHaveLength(told);
  expect(stage.publishers[0]?.signal.aborted).toBe(false);
});

test("when MediaMTX is gone, so is the demand; the next one works", async () => {
  const stage = await carried();
  stage.path.serverGone();
  await stage.settle();
  expect(stage.publishers[0]?.signal.aborted).toBe(true);
  expect(stage.told.at(-1)).toMatchObject({ leases: [], ended: [first] });
  await stage.wanted(second);
  expect(stage.publishers).toHaveLength(2);
  expect(stage.stream.source.openings).toBe(1);
});

test("ON and OFF are the switch", async () => {
  const stage = new OnDemandStage();
  stage.path.command("ON");
  await stage.settle();
  expect(stage.stream.path.status).toMatchObject({ state: "starting", isManual: true });
  expect(stage.publishers).toEqual([]);
  stage.path.command("OFF");
  await stage.settle();
  expect(stage.stream.path.status.isManual).toBe(false);
});

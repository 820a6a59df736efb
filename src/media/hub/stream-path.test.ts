import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../../foundation/errors.ts";
import { StreamRefusedError } from "../errors.ts";
import { opusTrack, pcmuTrack } from "../formats/track.ts";
import type { BudgetVerdict } from "./admission-policy.ts";
import { StreamGovernor } from "./governor.ts";
import { baselineSps, highSps, pps } from "./h264-packets.fixtures.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";
import type { StreamBudget } from "./stream-budget.ts";

const anyone = new AbortController().signal;
const remembered = {
  profileLevelId: "640028",
  sps: highSps.toString("base64"),
  pps: pps.toString("base64"),
  width: 1920,
  height: 1080,
  audioCodec: "opus",
} as const;

test("the first viewer starts the source, the last one ends it after the grace time", async () => {
  const stage = new StreamStage();
  const first = await stage.started();
  const second = stage.path.lease({ ...viewer, address: "192.0.2.8" });
  expect(stage.source.openings).toBe(1);
  expect(stage.path.status.viewers.map((entry) => entry.address)).toEqual(["192.0.2.7", "192.0.2.8"]);
  first[Symbol.dispose]();
  await stage.clock.advance(60_000);
  expect(stage.source.session.isClosed).toBe(false);
  second[Symbol.dispose]();
  await stage.clock.advance(6_999);
  expect(stage.path.status.state).toBe("ready");
  await stage.clock.advance(1);
  expect(stage.source.session.isClosed).toBe(true);
  expect(stage.states).toEqual(["starting", "ready", "closing", "idle"]);
  expect(stage.path.status).toMatchObject({ viewers: [], startedAt: undefined, reason: undefined });
  expect(stage.clock.pending).toBe(0);
});

test("a viewer within the grace time keeps the source", async () => {
  const stage = new StreamStage();
  (await stage.started())[Symbol.dispose]();
  await stage.clock.advance(6_000);
  const next = stage.path.lease(viewer);
  await stage.clock.advance(20_000);
  expect(stage.source.openings).toBe(1);
  expect(stage.source.session.isClosed).toBe(false);
  next[Symbol.dispose]();
  await stage.clock.advance(7_000);
  expect(stage.path.status.state).toBe("idle");
});

test("a stream that is remembered is described at once, and nothing is started", async () => {
  const stage = new StreamStage();
  stage.memory.save("camera_live", { ...remembered, audioCodec: "pcmu" });
  const tracks = await stage.path.describe(viewer, anyone);
  expect(tracks.map((track) => track.codec)).toEqual(["h264", "aac", "pcmu"]);
  expect(tracks[0]).toMatchObject({ profileLevelId: "640028", parameterSets: { sps: highSps, pps } });
  expect(stage.source.openings).toBe(0);
  expect(stage.path.status.state).toBe("idle");
});

test("a stream that is not remembered is started and described as soon as its parameter sets come", async () => {
  const stage = new StreamStage();
  const described = stage.path.describe(viewer, anyone);
  await stage.clock.advance(1_000);
  expect(stage.path.status.viewers).toHaveLength(1);
  stage.source.session.sink.track(opusTrack);
  stage.video(stage.camera.keyFrame());
  expect((await described)[0]).toMatchObject({ profileLevelId: "640028", parameterSets: { sps: highSps, pps } });
  expect(stage.path.status.viewers).toHaveLength(0);
  expect(stage.memory.load("camera_live")).toEqual(remembered);
  stage.path.lease(viewer);
  await stage.clock.advance(10_000);
  expect(stage.source.openings).toBe(1);
});

test("after 2.5 s a description goes without parameter sets", async () => {
  const stage = new StreamStage();
  const described = stage.path.describe(viewer, anyone);
  await stage.clock.advance(100);
  stage.source.session.sink.track({ kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "64001f" });
  stage.source.session.sink.track(pcmuTrack);
  const plain = stage.path.describe(viewer, anyone);
  await stage.clock.advance(2_399);
  let isDone = false;
  void described.then(() => {
    isDone = true;
  });
  await stage.clock.advance(0);
  expect(isDone).toBe(false);
  await stage.clock.advance(1);
  expect(await described).toMatchObject([{ profileLevelId: "64001f" }, { codec: "aac" }, { codec: "pcmu" }]);
  await stage.clock.advance(100);
  expect((await plain)[0]).not.toHaveProperty("parameterSets");
});

test("a client that leaves while it waits for a description leaves nothing behind", async () => {
  const stage = new StreamStage();
  const client = new AbortController();
  const described = stage.path.describe(viewer, client.signal);
  const outcome = expect(described).rejects.toThrow("gone");
  await stage.clock.advance(100);
  client.abort(new TransientError("client", "gone"));
  await outcome;
  expect(stage.path.status.viewers).toHaveLength(0);
  await stage.clock.advance(7_000);
  expect(stage.path.status.state).toBe("idle");
  expect(stage.clock.pending).toBe(0);
});

test("a description ends as the start does", async () => {
  const stage = new StreamStage();
  stage.source.failures.push(new PermanentError("call.codec", "only H.265"));
  const described = stage.path.describe(viewer, anyone);
  const outcome = expect(described).rejects.toMatchObject({ code: "stream.failed", refusal: "failed" });
  await stage.clock.advance(10);
  await outcome;
});

test("the switch holds the source without a client, and OFF ends it for everybody at once", async () => {
  const stage = new StreamStage();
  stage.path.turnOn();
  stage.path.turnOn();
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  const { lease, output } = stage.play();
  await stage.clock.advance(3_600_000);
  expect(stage.path.status).toMatchObject({ state: "ready", isManual: true });
  expect(stage.path.status.viewers.map((entry) => entry.kind)).toEqual(["manual", "rtsp"]);
  stage.path.turnOff();
  expect(stage.path.status).toMatchObject({ state: "closing", isManual: false, viewers: [] });
  expect(lease.ended.reason).toMatchObject({ code: "stream.off" });
  expect(output.endedWith).toMatchObject({ code: "stream.off" });
  await stage.clock.advance(0);
  expect(stage.source.session.isClosed).toBe(true);
  expect(stage.path.status.state).toBe("idle");
});

test("a manual ON ends after a day", async () => {
  const stage = new StreamStage();
  stage.path.turnOn();
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(24 * 3_600_000 - 1);
  expect(stage.path.status.isManual).toBe(true);
  await stage.clock.advance(7_001);
  expect(stage.path.status).toMatchObject({ isManual: false, state: "idle" });
});

test("who comes while the source is being hung up gets a new one", async () => {
  const stage = new StreamStage();
  await stage.started();
  stage.path.turnOff();
  const next = stage.path.lease(viewer);
  expect(stage.source.openings).toBe(1);
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(2);
  expect(next.ended.aborted).toBe(false);
  expect(stage.path.status.state).toBe("starting");
});

test.each([
  ["a lock", "locked", "idle"],
  ["the camera's going away", "offline", "failed"],
  ["a used-up budget", "budget", "idle"],
])("%s while the source is being hung up stops the next start", async (_name, refusal, state) => {
  const facts = { camera: "online" as "online" | "offline", isUsedUp: false };
  const verdict: BudgetVerdict = { refusal: "budget", message: "used up", retryAfterMs: 60_000 };
  const budget: StreamBudget = {
    check: () => (facts.isUsedUp ? verdict : undefined),
    started: () => undefined,
    ended: () => undefined,
  };
  const clock = new ManualClock();
  const governor = new StreamGovernor({ clock, camera: () => facts.camera, budgets: [budget] });
  const stage = new StreamStage({ clock, governor });
  await stage.started();
  stage.path.turnOff();
  const leases = [stage.path.lease(viewer), stage.path.lease(viewer)];
  if (refusal === "offline") facts.camera = "offline";
  facts.isUsedUp = refusal === "budget";
  stage.path.setLocked(refusal === "locked");
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(1);
  for (const lease of leases) expect(lease.ended.reason).toMatchObject({ refusal });
  expect(stage.path.status).toMatchObject({ state, viewers: [], reason: { code: `stream.${refusal}` } });
});

test("of those who came while the source was being hung up, one who may start it is enough", async () => {
  const other = { ...viewer, address: "192.0.2.8" };
  let isUsedUp = false;
  const verdict: BudgetVerdict = { refusal: "budget", message: "used up", retryAfterMs: 60_000 };
  const budget: StreamBudget = {
    check: ({ address }) => (isUsedUp && address === viewer.address ? verdict : undefined),
    started: () => undefined,
    ended: () => undefined,
  };
  const stage = new StreamStage({ budgets: [budget] });
  await stage.started();
  stage.path.turnOff();
  const leases = [stage.path.lease(viewer), stage.path.lease(other)];
  isUsedUp = true;
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(2);
  expect(leases.map((lease) => lease.ended.aborted)).toEqual([false, false]);
});

test.each([
  ["a lock", "locked", "idle"],
  ["a camera that went away", "offline", "failed"],
] as const)("%s stops a call that broke from being made again", async (_name, refusal, state) => {
  const facts = { camera: "online" as "online" | "offline" };
  const clock = new ManualClock();
  const stage = new StreamStage({ clock, governor: new StreamGovernor({ clock, camera: () => facts.camera }) });
  const lease = await stage.started();
  if (refusal === "locked") stage.path.setLocked(true);
  else facts.camera = "offline";
  await stage.clock.advance(60_000);
  expect(lease.ended.aborted).toBe(false);
  stage.source.session.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(1);
  expect(lease.ended.reason).toMatchObject({ refusal });
  expect(stage.path.status).toMatchObject({ state, reason: { code: `stream.${refusal}` } });
  facts.camera = "online";
  stage.path.cameraChanged();
  stage.path.setLocked(false);
  expect(stage.path.status).toMatchObject({ state: "idle", reason: undefined });
});

test("a call that Ring ends in its own words is made once more, with everything new", async () => {
  const closed = new TransientError("call.closed", "Ring ended the call (code 5)");
  const stage = new StreamStage();
  stage.source.failures.push(closed, closed, closed);
  const first = stage.path.lease(viewer);
  await stage.clock.advance(10_000);
  expect(stage.source.openings).toBe(2);
  expect(first.ended.reason).toMatchObject({ code: "stream.failed", cause: closed });
  stage.source.failures.length = 1;
  const second = stage.path.lease(viewer);
  await stage.clock.advance(1_000);
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(0);
  expect(second.ended.aborted).toBe(false);
  expect(stage.path.status.state).toBe("ready");
});

test("a lock lets nobody in, and leaves those who watch", async () => {
  const stage = new StreamStage();
  const lease = await stage.started();
  stage.path.setLocked(true);
  expect(lease.ended.aborted).toBe(false);
  expect(() => stage.path.lease(viewer)).toThrow(StreamRefusedError);
  expect(() => stage.path.turnOn()).toThrow("locked");
  await expect(stage.path.describe(viewer, anyone)).rejects.toMatchObject({ refusal: "locked" });
  expect(stage.path.status.isLocked).toBe(true);
  stage.path.setLocked(false);
  stage.path.turnOn();
  expect(stage.path.status.isManual).toBe(true);
});

test("what is known of the camera refuses a start before it is called", () => {
  const stage = new StreamStage();
  const governor = new StreamGovernor({ clock: stage.clock, camera: () => "offline" });
  const closed = new StreamStage({ governor });
  expect(() => closed.path.lease(viewer)).toThrow(
    expect.objectContaining({ refusal: "offline", retryAfterMs: 30_000 }),
  );
  expect(closed.source.openings).toBe(0);
});

test("a start that fails is tried again inside, and the viewer does not notice", async () => {
  const stage = new StreamStage();
  stage.source.failures.push(new TransientError("call.ticket", "503"), new Error("reset"));
  const { lease, output } = stage.play();
  await stage.clock.advance(2_000);
  expect(stage.source.openings).toBe(3);
  stage.video(stage.camera.keyFrame());
  expect(output.packets(0)).toHaveLength(5);
  expect(lease.ended.aborted).toBe(false);
});

test("a session that ends before its first picture is a failed start", async () => {
  const stage = new StreamStage();
  stage.path.lease(viewer);
  await stage.clock.advance(100);
  stage.source.session.end(new TransientError("call.ice", "no connection"));
  await stage.clock.advance(1_000);
  expect(stage.source.openings).toBe(2);
  expect(stage.path.status.state).toBe("starting");
});

test("a start that keeps failing for 10 s fails for good, with the reason of its last step", async () => {
  const stage = new StreamStage();
  for (let i = 0; i < 50; i++) stage.source.failures.push(new TransientError("call.answer", "no answer"));
  const { lease, output } = stage.play();
  await stage.clock.advance(8_900);
  expect(lease.ended.aborted).toBe(false);
  await stage.clock.advance(1_100);
  expect(lease.ended.reason).toMatchObject({ code: "stream.failed", cause: { code: "call.answer" } });
  expect(output.endedWith).toBe(lease.ended.reason);
  expect(output.reports.at(-1)?.packets.at(-1)?.type).toBe("bye");
  expect(stage.path.status).toMatchObject({
    state: "failed",
    reason: { code: "call.answer", text: "no answer" },
    viewers: [],
  });
  stage.source.failures.length = 0;
  await stage.clock.advance(2_000);
  await stage.started();
  expect(stage.path.status).toMatchObject({ state: "ready", reason: undefined });
});

test("right after a failure viewers are refused for a moment", async () => {
  const stage = new StreamStage();
  stage.source.failures.push(new PermanentError("call.codec", "only H.265"));
  stage.path.lease(viewer);
  await stage.clock.advance(1);
  expect(stage.source.openings).toBe(1);
  expect(stage.path.status).toMatchObject({ state: "failed", reason: { code: "call.codec" } });
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "failed" }));
  await stage.clock.advance(2_000);
  stage.path.lease(viewer);
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(2);
});

test("a refusal of the camera's side reaches the viewer as it is", async () => {
  const stage = new StreamStage();
  const refusal = new StreamRefusedError("offline", "The camera is offline");
  stage.source.failures.push(refusal);
  const lease = stage.path.lease(viewer);
  await stage.clock.advance(1);
  expect(lease.ended.reason).toBe(refusal);
  expect(stage.source.openings).toBe(1);
});

test("a source that never answers, or never shows a picture, is given up", async () => {
  const stage = new StreamStage({ limits: { openMs: 3_000, keyFrameMs: 4_000, startRetryMs: 1_000 } });
  stage.source.gate = new Promise(() => undefined);
  const first = stage.path.lease(viewer);
  await stage.clock.advance(3_000);
  expect(first.ended.reason).toMatchObject({ code: "stream.failed", cause: { code: "deadline" } });
  stage.source.gate = undefined;
  await stage.clock.advance(2_000);
  const second = stage.path.lease(viewer);
  await stage.clock.advance(4_000);
  expect(second.ended.reason.cause.message).toContain("no key frame within 4 s");
  expect(stage.source.session.isClosed).toBe(true);
});

test("a session that comes after we gave up is hung up", async () => {
  const stage = new StreamStage();
  const gate = Promise.withResolvers<void>();
  stage.source.gate = gate.promise;
  stage.path.lease(viewer);
  await stage.clock.advance(10);
  stage.path.turnOff();
  await stage.clock.advance(10);
  expect(stage.path.status.state).toBe("idle");
  gate.resolve();
  await stage.clock.advance(10);
  expect(stage.source.session.isClosed).toBe(true);
});

test("the natural end of a source ends its viewers", async () => {
  const stage = new StreamStage();
  const lease = await stage.started();
  const { output } = stage.play();
  stage.source.session.end();
  await stage.clock.advance(0);
  expect(lease.ended.reason).toMatchObject({ code: "stream.finished" });
  expect(output.reports.slice(-2).map((report) => report.packets.at(-1)?.type)).toEqual(["bye", "bye"]);
  expect(output.endedWith).toMatchObject({ code: "stream.finished" });
  expect(stage.path.status.state).toBe("idle");
});

test("the limit of the other side ends it, with its reason", async () => {
  const stage = new StreamStage();
  stage.path.turnOn();
  const lease = await stage.started();
  stage.source.session.end(new TransientError("call.limit", "10 minutes are over"));
  await stage.clock.advance(0);
  expect(lease.ended.reason).toMatchObject({ code: "stream.limit" });
  expect(stage.path.status).toMatchObject({ state: "idle", isManual: false, reason: { code: "call.limit" } });
});

test("a source that breaks is started again once, and fails when it breaks again soon", async () => {
  const stage = new StreamStage();
  const lease = await stage.started();
  stage.source.session.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(0);
  expect(stage.source.openings).toBe(2);
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(20_000);
  expect(lease.ended.aborted).toBe(false);
  stage.source.session.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(0);
  expect(lease.ended.reason).toMatchObject({ code: "stream.failed" });
  expect(stage.path.status).toMatchObject({ state: "failed", reason: { code: "call.media-stalled" } });
});

test("OFF while a call that broke is being hung up is the end: it is not shown as starting once more", async () => {
  const stage = new StreamStage();
  await stage.started();
  const gate = Promise.withResolvers<void>();
  stage.source.session.gate = gate.promise;
  stage.source.session.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(1_000);
  stage.path.turnOff();
  gate.resolve();
  await stage.clock.advance(0);
  expect(stage.states).toEqual(["starting", "ready", "closing", "idle"]);
  expect(stage.source.openings).toBe(1);
});

test("OFF in the moment of ON is not shown as starting once more", async () => {
  const stage = new StreamStage();
  stage.path.turnOn();
  stage.path.turnOff();
  await stage.clock.advance(0);
  expect(stage.states).toEqual(["starting", "closing", "idle"]);
});

test("who was told another picture is ended so that it asks again, and the real one is remembered", async () => {
  const stage = new StreamStage();
  stage.memory.save("camera_live", { ...remembered, sps: baselineSps.toString("base64"), width: 640, height: 480 });
  const told = await stage.path.describe(viewer, anyone);
  const lease = stage.path.lease(viewer, told);
  const fresh = stage.path.lease(viewer, []);
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(0);
  expect(lease.ended.reason).toMatchObject({ code: "stream.described-wrongly" });
  expect(fresh.ended.aborted).toBe(false);
  expect(stage.memory.load("camera_live")).toEqual(remembered);
  const again = stage.path.lease(viewer, told);
  const told2 = await stage.path.describe(viewer, anyone);
  const right = stage.path.lease(viewer, told2);
  const output = stage.play().output;
  again.play([0], { ...output, pendingBytes: 0, writeRtp() {}, writeRtcp() {}, end() {} });
  await stage.clock.advance(0);
  expect(again.ended.aborted).toBe(true);
  expect(right.ended.aborted).toBe(false);
});

test("who was told another sound is ended only if it plays that track", async () => {
  const stage = new StreamStage();
  stage.memory.save("camera_live", remembered);
  const withSound = stage.play([0, 2]);
  const withAac = stage.play([0, 1]);
  await stage.clock.advance(0);
  stage.source.session.sink.track(pcmuTrack);
  stage.video(stage.camera.keyFrame());
  expect(withSound.output.endedWith).toMatchObject({ code: "stream.described-wrongly" });
  expect(withAac.output.endedWith).toBeUndefined();
  expect(stage.memory.load("camera_live")?.audioCodec).toBe("pcmu");
});

test("pictures without sound are described without it from then on, also in the next call, until some is heard", async () => {
  const stage = new StreamStage();
  const codecs = async (): Promise<string[]> =>
    (await stage.path.describe(viewer, stage.abort.signal)).map(({ codec }) => codec);
  const frames = async (count: number): Promise<void> => {
    for (let frame = 0; frame < count; frame++) {
      stage.video(stage.camera.frame());
      await stage.clock.advance(40);
    }
  };
  const lease = await stage.started();
  await frames(100);
  expect(await codecs()).toEqual(["h264", "aac", "opus"]);
  await frames(75);
  expect(await codecs()).toEqual(["h264"]);
  lease[Symbol.dispose]();
  await stage.clock.advance(10_000);
  expect(stage.path.status.state).toBe("idle");
  expect(await codecs()).toEqual(["h264"]);
  await stage.started();
  expect(await codecs()).toEqual(["h264"]);
  stage.sound();
  expect(await codecs()).toEqual(["h264", "aac", "opus"]);
  expect(stage.memory.load("camera_live")?.audioCodec).toBe("opus");
});

test("closing ends viewers and source, and nobody is let in any more", async () => {
  const stage = new StreamStage();
  const lease = await stage.started();
  stage.abort.abort();
  await stage.path[Symbol.asyncDispose]();
  expect(lease.ended.reason).toMatchObject({ code: "stream.shutdown" });
  expect(stage.source.session.isClosed).toBe(true);
  expect(() => stage.path.lease(viewer)).toThrow(StreamRefusedError);
  expect(stage.clock.pending).toBe(0);
});

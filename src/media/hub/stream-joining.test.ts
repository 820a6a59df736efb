// Who joins a stream that plays: what it is sent at once, and from which key frame on.
import { expect, test } from "vitest";
import { h264Content, inspectH264 } from "../formats/h264-payload.ts";
import { timestampDistance } from "../formats/rtp-arithmetic.ts";
import { steps, ticks } from "./packet-distances.fixtures.ts";
import { RecordingOutput } from "./reader-output.fake.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";

test("who joins later gets the kept group at once, moved together into the last 200 ms", async () => {
  const stage = new StreamStage();
  const first = stage.play([0, 2]);
  await stage.started();
  await stage.run(4_000);
  const { output } = stage.play([0, 2]);
  const joined = output.packets(0);
  expect(output.writes).toHaveLength(101);
  expect(inspectH264(joined[0]?.payload ?? Buffer.alloc(0)) & h264Content.sps).toBeTruthy();
  expect(ticks(joined)).toBe(18_000);
  expect(
    joined.every((packet, at) => at === 0 || timestampDistance(joined[at - 1]?.timestamp ?? 0, packet.timestamp) >= 0),
  ).toBe(true);
  expect(output.packets(2)).toHaveLength(0);
  const before = output.packets(0).length;
  const alreadyThere = first.output.packets(0).length;
  await stage.run(400);
  const live = output.packets(0).slice(before - 1);
  expect(steps(output.packets(0)).every((step) => step === 1)).toBe(true);
  expect(ticks(live)).toBe(10 * 3_600);
  expect(live.slice(1).map((packet) => packet.payload)).toEqual(
    first.output
      .packets(0)
      .slice(alreadyThere)
      .map((packet) => packet.payload),
  );
});

test("what is passed on begins with the kept group where its times need not be moved, else with the next key frame", async () => {
  const stage = new StreamStage();
  stage.play([0]);
  await stage.started();
  const join = (): RecordingOutput => {
    const output = new RecordingOutput();
    output.isPassedOn = true;
    stage.path.lease(viewer).play([0], output);
    return output;
  };
  await stage.run(120);
  const early = join();
  expect(early.writes).toHaveLength(4);
  expect(ticks(early.packets(0))).toBe(3 * 3_600);
  await stage.run(400);
  const asked = stage.source.session.keyFrameRequests;
  const late = join();
  expect(stage.source.session.keyFrameRequests).toBe(asked + 1);
  await stage.run(200);
  expect(late.writes).toHaveLength(0);
  stage.video(stage.camera.keyFrame());
  expect(late.writes).toHaveLength(1);
});

test("the sender reports of one who joins put picture and sound of the same moment together", async () => {
  const stage = new StreamStage();
  await stage.started();
  await stage.run(3_000);
  const { output } = stage.play([0, 2]);
  await stage.run(1_000);
  const [picture] = output.senderReports(0);
  const [sound] = output.senderReports(2);
  const firstPicture = output.packets(0)[0];
  const firstSound = output.packets(2)[0];
  if (!picture || !sound || !firstPicture || !firstSound) throw new Error("no reports");
  expect(picture.rtpTimestamp).toBe(firstPicture.timestamp);
  expect(sound.rtpTimestamp).toBe(firstSound.timestamp);
  expect(sound.unixMs).toBeGreaterThanOrEqual(picture.unixMs);
  const picturesAt =
    picture.unixMs + timestampDistance(picture.rtpTimestamp, output.packets(0).at(-1)?.timestamp ?? 0) / 90;
  const soundsAt = sound.unixMs + timestampDistance(sound.rtpTimestamp, output.packets(2).at(-1)?.timestamp ?? 0) / 48;
  // The last sound came 20 ms ago. The last picture came 40 ms ago, and is one picture ahead: the first two came together.
  expect(soundsAt).toBeCloseTo(stage.clock.now() - 20, 0);
  expect(picturesAt).toBeCloseTo(stage.clock.now(), 0);
});

test("without a kept group a reader waits for the next key frame, and one is asked for", async () => {
  const stage = new StreamStage();
  await stage.started();
  await stage.run(15_200);
  const asked = stage.source.session.keyFrameRequests;
  expect(asked).toBeGreaterThan(0);
  const { output } = stage.play([0]);
  stage.video(stage.camera.frame());
  expect(output.packets(0)).toHaveLength(0);
  await stage.clock.advance(1_000);
  expect(stage.source.session.keyFrameRequests).toBeGreaterThan(asked);
  stage.video(stage.camera.keyFrame());
  expect(output.packets(0)).toHaveLength(5);
});

test("an old group is used, and a newer one asked for", async () => {
  const stage = new StreamStage();
  await stage.started();
  await stage.run(400);
  stage.play([0]);
  expect(stage.source.session.keyFrameRequests).toBe(0);
  await stage.run(2_600);
  // A second after the first has joined.
  expect(stage.source.session.keyFrameRequests).toBe(1);
  const { output } = stage.play([0]);
  expect(output.packets(0).length).toBeGreaterThan(100);
  expect(stage.source.session.keyFrameRequests).toBe(2);
});

test("a group with a hole is not given to who joins", async () => {
  const stage = new StreamStage();
  const first = stage.play([0]);
  await stage.started();
  stage.video(stage.camera.frame());
  stage.camera.frame();
  stage.video(stage.camera.frame());
  expect(stage.source.session.keyFrameRequests).toBe(1);
  expect(steps(first.output.packets(0)).filter((step) => step !== 1)).toEqual([3]);
  const { output } = stage.play([0]);
  expect(output.packets(0)).toHaveLength(0);
  stage.video(stage.camera.keyFrame());
  expect(output.packets(0)).toHaveLength(5);
  expect(stage.path.received?.packetsLost).toBe(2);
});

test("a camera with 10 s between its key frames: whoever joins sees a picture at once, and a key frame is asked for in time", async () => {
  const stage = new StreamStage();
  stage.path.lease(viewer);
  await stage.started();
  const { session } = stage.source;
  await stage.run(3_900);
  expect(session.keyFrameRequests).toBe(0);
  await stage.run(6_300);
  expect(session.keyFrameRequests).toBeGreaterThan(0);
  const { output } = stage.play([0]);
  expect(output.packets(0).length).toBeGreaterThan(500);
  // A camera that does not listen is not bothered more often than twice a second.
  expect(session.keyFrameRequests).toBeLessThanOrEqual(14);
  stage.video(stage.camera.keyFrame());
  const before = session.keyFrameRequests;
  await stage.run(3_800);
  // The one for those who watch through the one that has just joined.
  expect(session.keyFrameRequests).toBe(before + 1);
});

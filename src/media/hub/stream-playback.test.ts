import { expect, test } from "vitest";
import { TransientError } from "../../foundation/errors.ts";
import { timestampDistance } from "../formats/rtp-arithmetic.ts";
import { pcmuTrack } from "../formats/track.ts";
import { H264Camera } from "./h264-packets.fixtures.ts";
import { steps, ticks } from "./packet-distances.fixtures.ts";
import { RecordingOutput } from "./reader-output.fake.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";

test("until the first key frame a reader gets a sign of life each second, then video, then sound", async () => {
  const stage = new StreamStage();
  const { output, reader } = stage.play([0, 2]);
  await stage.clock.advance(2_500);
  expect(output.order).toEqual(["receiverReport+sourceDescription 0", "receiverReport+sourceDescription 0"]);
  stage.video(stage.camera.frame());
  stage.sound();
  await stage.clock.advance(20);
  stage.sound();
  await stage.clock.advance(20);
  stage.video(stage.camera.keyFrame());
  stage.sound();
  expect(output.order.slice(2)).toEqual([
    "senderReport+sourceDescription 0",
    "rtp 0",
    "senderReport+sourceDescription 2",
    "rtp 2",
  ]);
  expect(reader.tracks).toMatchObject([
    { track: 0, firstSequenceNumber: output.packets(0)[0]?.sequenceNumber },
    { track: 2, firstSequenceNumber: output.packets(2)[0]?.sequenceNumber },
  ]);
  await stage.run(3_000);
  expect(
    output.reports.flatMap((report) => report.packets).filter((packet) => packet.type === "receiverReport"),
  ).toHaveLength(2);
});

test("each access unit is one write, copied packet by packet", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0]);
  await stage.clock.advance(0);
  const sent = [stage.camera.keyFrame(4), stage.camera.frame(3), stage.camera.frame(1)];
  for (const packets of sent) stage.video(packets);
  expect(output.writes.map((write) => write.packets.length)).toEqual([6, 3, 1]);
  const received = output.packets(0);
  expect(received.map((packet) => packet.payload)).toEqual(sent.flat().map((packet) => packet.payload));
  expect(received.map((packet) => packet.marker)).toEqual(sent.flat().map((packet) => packet.marker));
  expect(steps(received)).toEqual(received.slice(1).map(() => 1));
  expect(ticks(received)).toBe(7_200);
  expect(received[0]?.payloadType).toBe(96);
  expect(output.writes[0]?.bytes).toBe(sent[0]?.reduce((sum, packet) => sum + packet.payload.length + 12, 0));
});

test("readers have numbers of their own", async () => {
  const stage = new StreamStage();
  const [one, other] = [stage.play([0]).output, stage.play([0]).output];
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  const [a, b] = [one.packets(0)[0], other.packets(0)[0]];
  expect(a?.ssrc).not.toBe(b?.ssrc);
  expect([a?.sequenceNumber, a?.timestamp]).not.toEqual([b?.sequenceNumber, b?.timestamp]);
  expect(a?.payload).toEqual(b?.payload);
});

test("sender reports come at least every 5 s, and their clock is steady", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0, 2]);
  await stage.started();
  await stage.run(20_000);
  for (const track of [0, 2]) {
    const reports = output.senderReports(track);
    expect(reports.length).toBeGreaterThanOrEqual(5);
    const rate = track === 0 ? 90 : 48;
    for (const [at, report] of reports.entries()) {
      const before = reports[at - 1];
      if (!before) continue;
      expect(report.unixMs - before.unixMs).toBeLessThanOrEqual(5_300);
      expect(timestampDistance(before.rtpTimestamp, report.rtpTimestamp) / rate).toBeCloseTo(
        report.unixMs - before.unixMs,
        1,
      );
    }
    expect(reports.at(-1)?.packets).toBeGreaterThan(100);
  }
});

test("key frames are asked for at most twice a second", async () => {
  const stage = new StreamStage();
  await stage.started();
  for (let hole = 0; hole < 30; hole++) {
    stage.camera.frame();
    stage.video(stage.camera.frame());
    await stage.clock.advance(100);
  }
  expect(stage.source.session.keyFrameRequests).toBe(6);
});

test("a restarted source goes on where the old one was, in numbers and in time", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0, 2]);
  await stage.started();
  await stage.run(2_000);
  const before = { picture: output.packets(0).at(-1), sound: output.packets(2).at(-1) };
  stage.source.session.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(1_000);
  stage.camera.sequenceNumber = 77;
  stage.camera.timestamp = 12_345;
  stage.soundTimestamp = 999;
  stage.video(stage.camera.frame());
  expect(output.packets(0).at(-1)).toBe(before.picture);
  stage.video(stage.camera.keyFrame());
  stage.sound();
  await stage.run(1_000);
  const pictures = output.packets(0);
  const sounds = output.packets(2);
  expect(new Set(pictures.map((packet) => packet.ssrc)).size).toBe(1);
  expect(steps(pictures).every((step) => step === 1)).toBe(true);
  expect(steps(sounds).every((step) => step === 1)).toBe(true);
  const next = pictures.find((_packet, at) => pictures[at - 1] === before.picture);
  // 2 s of pictures at 3,750 ticks are 83 ms ahead of the clock; the new ones are laid by arrival.
  const gapMs = timestampDistance(before.picture?.timestamp ?? 0, next?.timestamp ?? 0) / 90;
  expect(gapMs).toBeGreaterThan(900);
  expect(gapMs).toBeLessThan(1_100);
  const reports = output.senderReports(2);
  const [first, last] = [reports[0], reports.at(-1)];
  if (!first || !last) throw new Error("no reports");
  expect(timestampDistance(first.rtpTimestamp, last.rtpTimestamp) / 48).toBeCloseTo(last.unixMs - first.unixMs, 1);
});

test("packets of a session that is over are ignored", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0]);
  await stage.started();
  const old = stage.source.session;
  old.end(new TransientError("call.media-stalled", "no media"));
  await stage.clock.advance(0);
  const count = output.packets(0).length;
  old.send("video", stage.camera.keyFrame(), stage.clock.monotonic());
  expect(output.packets(0)).toHaveLength(count);
});

test("a slow reader skips to the next key frame it can take; the other one loses nothing", async () => {
  const stage = new StreamStage();
  const slow = stage.play([0, 2]).output;
  const quick = stage.play([0, 2]).output;
  await stage.started();
  await stage.run(1_000);
  slow.pendingBytes = 3_000_000;
  const before = slow.packets(0).length;
  await stage.run(2_000);
  expect(slow.packets(0)).toHaveLength(before);
  slow.pendingBytes = 0;
  const asked = stage.source.session.keyFrameRequests;
  await stage.run(1_000);
  expect(slow.packets(0)).toHaveLength(before);
  expect(stage.source.session.keyFrameRequests).toBeGreaterThan(asked);
  stage.video(stage.camera.keyFrame());
  expect(slow.packets(0)).toHaveLength(before + 5);
  expect(steps(slow.packets(0)).every((step) => step === 1)).toBe(true);
  expect(slow.endedWith).toBeUndefined();
  expect(quick.writes.filter((write) => write.track === 0)).toHaveLength(102);
  expect(steps(quick.packets(0)).every((step) => step === 1)).toBe(true);
});

test("a reader that stays slow for 10 s is ended, and its lease with it", async () => {
  const stage = new StreamStage();
  const { lease, output } = stage.play([0, 2]);
  const other = stage.play([0, 2]);
  await stage.started();
  output.pendingBytes = 3_000_000;
  await stage.run(9_500);
  expect(output.endedWith).toBeUndefined();
  await stage.run(1_600);
  expect(output.endedWith).toMatchObject({ code: "stream.slow" });
  expect(lease.ended.reason).toMatchObject({ code: "stream.slow" });
  expect(other.lease.ended.aborted).toBe(false);
  expect(stage.path.status.viewers).toHaveLength(2);
});

test("a transport that throws is ended and disturbs nobody", async () => {
  const stage = new StreamStage();
  const broken = stage.play([0]);
  const sound = stage.play([0, 2]);
  await stage.started();
  broken.output.failure = new Error("EPIPE");
  stage.video(stage.camera.frame());
  expect(broken.lease.ended.reason).toMatchObject({ code: "stream.transport", cause: { message: "EPIPE" } });
  expect(sound.output.writes).toHaveLength(2);
  expect(sound.lease.ended.aborted).toBe(false);
});

test("a paused reader gets nothing; resumed it starts at the next key frame, without a gap in numbers", async () => {
  const stage = new StreamStage();
  const { output, reader } = stage.play([0, 2]);
  await stage.started();
  await stage.run(400);
  reader.pause();
  const before = output.writes.length;
  await stage.run(1_000);
  expect(output.writes).toHaveLength(before);
  reader.resume();
  await stage.run(200);
  expect(output.packets(0).length).toBe(25);
  stage.video(stage.camera.keyFrame());
  expect(output.packets(0).length).toBe(30);
  expect(steps(output.packets(0)).every((step) => step === 1)).toBe(true);
  expect(steps(output.packets(2)).every((step) => step === 1)).toBe(true);
});

test("a reader of sound alone does not wait for a picture", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([2]);
  await stage.clock.advance(0);
  stage.sound();
  expect(output.packets(2)).toMatchObject([{ payloadType: 98, payload: Buffer.from("sound") }]);
});

test("PCMU is passed on as payload type 0", async () => {
  const stage = new StreamStage();
  await stage.started();
  const { output } = stage.play([2]);
  stage.source.session.sink.track(pcmuTrack);
  expect(output.endedWith).toMatchObject({ code: "stream.described-wrongly" });
  const again = stage.play([2]);
  stage.sound();
  expect(again.output.packets(2)[0]?.payloadType).toBe(0);
});

test("a disposed reader hears nothing more, and its lease stays", async () => {
  const stage = new StreamStage();
  const { lease, output, reader } = stage.play([0]);
  await stage.started();
  reader[Symbol.dispose]();
  const before = output.order.length;
  await stage.run(2_000);
  expect(output.order).toHaveLength(before);
  expect(lease.ended.aborted).toBe(false);
  expect(() => lease.play([0], new RecordingOutput())).toThrow("plays once");
});

test("what arrives is counted", async () => {
  const stage = new StreamStage();
  expect(stage.path.received).toBeUndefined();
  stage.path.lease(viewer);
  await stage.started();
  await stage.run(6_000);
  expect(stage.path.received).toMatchObject({
    videoCodec: "h264",
    profileLevelId: "640028",
    width: 1920,
    height: 1080,
    fps: 25,
    audioCodec: "opus",
    packetsLost: 0,
    packets: 5 + 150 * 2 + 300,
  });
  // 2 x 103 bytes per picture, 5 bytes per sound packet.
  expect(stage.path.received?.bitsPerSecond).toBeCloseTo((25 * 206 + 50 * 5) * 8, -3);
});

test("sender reports of the source bring picture and sound together for the readers, slowly", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0, 2]);
  await stage.clock.advance(0);
  const { sink } = stage.source.session;
  // The camera took both at once, but its sound comes 60 ms late.
  const taken = { picture: stage.camera.timestamp, sound: stage.soundTimestamp };
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(60);
  stage.sound();
  sink.senderReport("video", taken.picture, 1_000_000);
  sink.senderReport("audio", taken.sound, 1_000_000);
  await stage.run(1_000);
  const startOf = (track: 0 | 2): number => {
    const report = output.senderReports(track).at(-1);
    const first = output.packets(track)[0];
    if (!report || !first) throw new Error("no report");
    return report.unixMs + timestampDistance(report.rtpTimestamp, first.timestamp) / (track === 0 ? 90 : 48);
  };
  expect(startOf(2) - startOf(0)).toBeCloseTo(60, 0);
  await stage.run(8_000);
  expect(startOf(2) - startOf(0)).toBeGreaterThan(15);
  expect(startOf(2) - startOf(0)).toBeLessThan(45);
  await stage.run(12_000);
  expect(startOf(2) - startOf(0)).toBeCloseTo(0, 0);
});

test("what sender reports say before anybody watches is true from the first picture on", async () => {
  const stage = new StreamStage();
  await stage.started();
  const { sink } = stage.source.session;
  const taken = { picture: stage.camera.timestamp, sound: stage.soundTimestamp };
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(200);
  stage.sound();
  sink.senderReport("video", taken.picture, 1_000_000);
  sink.senderReport("audio", taken.sound, 1_000_000);
  const { output } = stage.play([0, 2]);
  await stage.run(1_000);
  const sampledAt = (track: 0 | 2, timestamp: number, rate: number): number => {
    const [report] = output.senderReports(track);
    if (!report) throw new Error("no report");
    return report.unixMs + timestampDistance(report.rtpTimestamp, timestamp) / rate;
  };
  // The camera took the last picture and the last sound at the same time.
  const picture = sampledAt(0, output.packets(0).at(-1)?.timestamp ?? 0, 90);
  const sound = sampledAt(2, output.packets(2).at(-1)?.timestamp ?? 0, 48);
  expect(sound - picture).toBeCloseTo(0, 0);
});

test("a sender that changes within a call: readers go on at its first key frame, whatever its numbers are", async () => {
  const stage = new StreamStage();
  const { output } = stage.play([0, 2]);
  await stage.clock.advance(0);
  stage.video(stage.camera.keyFrame());
  await stage.run(1_000);
  const before = { video: output.packets(0).length, sound: output.packets(2).length };
  const { session } = stage.source;
  // Behind the earlier one, and less than what counts as a new beginning.
  const other = new H264Camera({ sequenceNumber: stage.camera.sequenceNumber - 200, ticksPerFrame: 3_600 });
  for (const kind of ["video", "audio"] as const) session.sink.restart(kind);
  stage.soundSequence -= 300;
  stage.sound();
  stage.video(other.frame());
  expect(output.packets(0)).toHaveLength(before.video);
  expect(session.keyFrameRequests).toBeGreaterThan(0);
  await stage.clock.advance(40);
  stage.video(other.keyFrame());
  stage.video(other.frame());
  expect(output.packets(0)).toHaveLength(before.video + 5 + 2);
  expect(output.packets(2)).toHaveLength(before.sound + 1);
  for (const track of [0, 2]) {
    const numbers = output.packets(track).map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers.slice(1).every((number, at) => number === ((numbers[at] ?? 0) + 1) % 65_536)).toBe(true);
  }
});

test.each([
  ["a stalled source sends nothing", undefined],
  ["a broken source starts anew", new TransientError("call.media-stalled", "no video")],
])("while %s its readers get a sign of life each second", async (_name, error) => {
  const stage = new StreamStage();
  await stage.started();
  const { output } = stage.play();
  await stage.run(1_000);
  if (error) stage.source.session.end(error);
  await stage.clock.advance(50);
  const before = output.order.length;
  for (let second = 1; second <= 5; second++) {
    await stage.clock.advance(1_000);
    const life = output.order.slice(before).filter((what) => what.startsWith("receiverReport"));
    expect(life).toHaveLength(second);
  }
  stage.video(stage.camera.keyFrame());
  await stage.run(2_000);
  expect(output.order.slice(before).filter((what) => what.startsWith("receiverReport"))).toHaveLength(5);
});

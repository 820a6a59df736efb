import fc from "fast-check";
import { expect, test } from "vitest";
import { h264Content, inspectH264 } from "../formats/h264-payload.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import { squeezedTimestamps } from "./group-of-pictures.ts";
import { H264Camera, pps } from "./h264-packets.fixtures.ts";
import type { VideoUnit } from "./media-unit.ts";
import { VideoTrack } from "./video-track.ts";

function setUp(fps = 24) {
  const units: VideoUnit[] = [];
  let wishes = 0;
  const track = new VideoTrack({
    unit: (unit) => units.push(unit),
    parameterSets: () => undefined,
    needsKeyFrame: () => wishes++,
  });
  let nowMs = 0;
  const send = (packets: readonly RtpPacket[]): void => {
    for (const packet of packets) track.accept(packet, nowMs);
    nowMs += 1_000 / fps;
  };
  return { track, units, send, wishes: () => wishes };
}

function fromFirst(units: readonly VideoUnit[]): number[][] {
  const first = units[0]?.indexes[0] ?? 0;
  return units.map((unit) => unit.indexes.map((index) => index - first));
}

test("packets become access units at the marker, numbered without a gap over the wrap", () => {
  const { units, send } = setUp();
  const camera = new H264Camera({ sequenceNumber: 65_533 });
  send(camera.keyFrame(3));
  send(camera.frame(2));
  send(camera.frame(1));
  expect(fromFirst(units)).toEqual([[0, 1, 2, 3, 4], [5, 6], [7]]);
  expect(units.map((unit) => [unit.isKeyFrame, unit.marker, unit.followsLoss])).toEqual([
    [true, true, false],
    [false, true, false],
    [false, true, false],
  ]);
  expect((units[1]?.timestamp ?? 0) - (units[0]?.timestamp ?? 0)).toBe(3_750);
});

test("without a marker the next timestamp ends an access unit", () => {
  const { units, send } = setUp();
  const camera = new H264Camera();
  send(camera.keyFrame().map((packet) => ({ ...packet, marker: false })));
  expect(units).toHaveLength(0);
  send(camera.frame());
  expect(units.map((unit) => unit.isKeyFrame)).toEqual([true, false]);
});

test("packets out of order within an access unit are put right; later ones are left out", () => {
  const { units, send, track } = setUp();
  const camera = new H264Camera();
  const [a, b, c, d, e] = camera.keyFrame();
  if (!a || !b || !c || !d || !e) throw new Error("no packets");
  send([a, c, b, b, d, e]);
  send([b]);
  expect(units).toHaveLength(1);
  expect(units[0]?.payloads).toEqual([a, b, c, d, e].map((packet) => packet.payload));
  expect(track.numbering.lost).toBe(0);
});

test("an IDR without parameter sets gets the known ones in front", () => {
  const { units, send } = setUp();
  const camera = new H264Camera();
  send(camera.keyFrame(2));
  send(camera.bareKeyFrame(2));
  send(camera.frame(1));
  const second = units[1];
  expect(second?.isKeyFrame).toBe(true);
  expect(fromFirst(units)).toEqual([[0, 1, 2, 3], [4, 5, 6], [7]]);
  expect(inspectH264(second?.payloads[0] ?? pps) & h264Content.sps).toBeTruthy();
  expect(second?.payloadBytes).toBe(second?.payloads.reduce((sum, payload) => sum + payload.length, 0));
});

test("an IDR whose parameter sets nobody knows is no place to start", () => {
  const { units, send, track, wishes } = setUp();
  const camera = new H264Camera();
  send(camera.bareKeyFrame());
  expect(units[0]?.isKeyFrame).toBe(false);
  expect(wishes()).toBe(1);
  track.learn({ sps: camera.sps, pps });
  send(camera.bareKeyFrame());
  expect(units[1]?.isKeyFrame).toBe(true);
});

test("loss breaks the kept group until the next whole key frame, and asks for one", () => {
  const { units, send, track, wishes } = setUp();
  const camera = new H264Camera();
  send(camera.keyFrame());
  send(camera.frame());
  expect(track.group.units).toHaveLength(2);
  const before = wishes();
  send(camera.frame().slice(1));
  expect(units.at(-1)).toMatchObject({ followsLoss: true });
  expect(track.group.units).toHaveLength(0);
  expect(wishes()).toBe(before + 1);
  expect(track.numbering.lost).toBe(1);
  const key = camera.keyFrame();
  send([...key.slice(0, 3), ...key.slice(4)]);
  expect(track.group.units).toHaveLength(0);
  send(camera.keyFrame());
  expect(track.group.units).toHaveLength(1);
});

test("a key frame that lost its end or its beginning is no place to start", () => {
  const { units, send } = setUp();
  const camera = new H264Camera();
  send(camera.keyFrame().slice(0, -1));
  send(camera.frame());
  expect(units[0]?.isKeyFrame).toBe(false);
  // SPS and PPS are lost, but the first slice is there, and the sets are known.
  send(camera.keyFrame().slice(2));
  expect(units.at(-1)).toMatchObject({ isKeyFrame: true, followsLoss: true });
  send(camera.keyFrame().slice(3));
  expect(units.at(-1)?.isKeyFrame).toBe(false);
});

test.each([
  ["time", 24, 100, 4, 15],
  ["number", 60, 100, 200 / 60, 10],
  ["bytes", 24, 70_000, 2.5, 5],
])("the kept group is bounded in %s; long before, a key frame is wished for", (_name, fps, bytes, wishS, endS) => {
  const { send, track, wishes } = setUp(fps);
  const camera = new H264Camera();
  const length = (): number => track.group.units.length;
  send(camera.keyFrame());
  let frames = 1;
  while (length() > 0) {
    const isEarly = frames / fps < wishS - 0.1;
    send(camera.frame(1, bytes));
    frames++;
    if (isEarly) expect(wishes()).toBe(0);
    else if (frames / fps > wishS + 0.1) expect(wishes()).toBeGreaterThan(0);
  }
  expect(frames / fps).toBeGreaterThan(endS - 0.1);
  expect(frames / fps).toBeLessThan(endS + 0.2);
  send(camera.keyFrame());
  expect(length()).toBe(1);
});

test("squeezed timestamps keep order and end at the last", () => {
  const units = [0, 90_000, 180_000, 360_000].map((timestamp) => ({ timestamp }) as VideoUnit);
  expect(squeezedTimestamps(units, 18_000)).toEqual([342_000, 346_500, 351_000, 360_000]);
  expect(squeezedTimestamps(units.slice(0, 1), 18_000)).toEqual([0]);
});

test("any loss and disorder leaves indexes that ascend", () => {
  const noise = fc.array(fc.record({ drop: fc.boolean(), swap: fc.boolean(), twice: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(noise, (faults) => {
      const { units, send } = setUp();
      const camera = new H264Camera();
      const sent: RtpPacket[] = [];
      for (let frame = 0; frame < 15; frame++) sent.push(...(frame % 5 === 0 ? camera.keyFrame() : camera.frame()));
      const arriving = sent.flatMap((packet, at) => {
        const fault = faults[at];
        return fault?.drop ? [] : fault?.twice ? [packet, packet] : [packet];
      });
      for (const [at, fault] of faults.entries()) {
        const [one, other] = [arriving[at], arriving[at + 1]];
        if (fault.swap && one && other) arriving.splice(at, 2, other, one);
      }
      send(arriving);
      let last = -1;
      for (const index of units.flatMap((unit) => unit.indexes)) {
        expect(index).toBeGreaterThan(last);
        last = index;
      }
    }),
  );
});

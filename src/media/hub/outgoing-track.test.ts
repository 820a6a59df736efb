import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRtcp } from "../formats/rtcp-parse.ts";
import { sequenceDistance, timestampDistance } from "../formats/rtp-arithmetic.ts";
import type { MediaUnit } from "./media-unit.ts";
import { OutgoingTrack } from "./outgoing-track.ts";
import { RecordingOutput } from "./reader-output.fake.ts";

const unit = (indexes: number[], timestamp: number): MediaUnit => ({
  indexes,
  timestamp,
  marker: true,
  payloads: indexes.map(() => Buffer.from("abc")),
  payloadBytes: indexes.length * 3,
});

function setUp() {
  const output = new RecordingOutput();
  const track = new OutgoingTrack({ track: 0, feed: 0, payloadType: 96, cname: "test" });
  const send = (sent: MediaUnit): void => output.writeRtp(0, track.batch(sent, sent.timestamp));
  return { output, track, send };
}

test("headers carry the reader's own numbers; gaps of the source stay gaps, skipped units leave none", () => {
  const { output, track, send } = setUp();
  send(unit([10, 11, 12], 5_000));
  send(unit([14], 8_750));
  track.skip();
  send(unit([90, 92], 20_000));
  const packets = output.packets(0);
  expect(packets.map((packet) => sequenceDistance(track.firstSequenceNumber, packet.sequenceNumber))).toEqual([
    0, 1, 2, 4, 5, 7,
  ]);
  expect(packets.map((packet) => timestampDistance(packets[0]?.timestamp ?? 0, packet.timestamp))).toEqual([
    0, 0, 0, 3_750, 15_000, 15_000,
  ]);
  expect(packets.map((packet) => packet.marker)).toEqual([false, false, true, true, false, true]);
  expect(new Set(packets.map((packet) => packet.ssrc))).toEqual(new Set([track.ssrc]));
  expect(packets.every((packet) => packet.payloadType === 96)).toBe(true);
  expect(output.writes[0]?.bytes).toBe(3 * 15);
});

test("sequence numbers ascend by the source's distances for any start", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }), (steps) => {
      const { output, track, send } = setUp();
      let index = 0;
      const indexes = steps.map((step) => (index += step));
      for (const at of indexes) send(unit([at], at * 3_000));
      const first = indexes[0] ?? 0;
      expect(
        output.packets(0).map((packet) => sequenceDistance(track.firstSequenceNumber, packet.sequenceNumber)),
      ).toEqual(indexes.map((at) => at - first));
    }),
  );
});

test("sender reports count what was sent and are due after some seconds", () => {
  const { output, track, send } = setUp();
  send(unit([0, 1], 90_000));
  expect(track.isReportDue(0)).toBe(true);
  const [report] = parseRtcp(track.report((timestamp) => 1_700_000_000_000 + timestamp / 90, 0));
  expect(report).toMatchObject({ type: "senderReport", ssrc: track.ssrc, packets: 2, octets: 6 });
  expect(report?.type === "senderReport" && report.unixMs).toBeCloseTo(1_700_000_001_000, 1);
  expect(report?.type === "senderReport" && report.rtpTimestamp).toBe(output.packets(0)[0]?.timestamp);
  expect(track.isReportDue(3_999)).toBe(false);
  expect(track.isReportDue(4_000)).toBe(true);
});

import { expect, test } from "vitest";
import { buildSenderReport } from "../../../formats/rtcp-build.ts";
import { parseRtcp } from "../../../formats/rtcp-parse.ts";
import { RtspParser } from "../../../formats/rtsp-parser.ts";
import { ReportShift } from "./report-shift.ts";

const unixMs = Date.UTC(2026, 0, 1) + 950;

function frame(channel: number, payload: Buffer): Buffer {
  const header = Buffer.from([0x24, channel, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

const report = buildSenderReport({ ssrc: 1, cname: "x", unixMs, rtpTimestamp: 7, packets: 1, octets: 2 });
/** A packet that looks like a report. */
const media = Buffer.concat([report, Buffer.alloc(900, 0x24)]);
const stream = Buffer.concat([
  frame(0, media),
  frame(1, report),
  frame(2, media),
  frame(1, Buffer.alloc(4)),
  frame(1, report),
]);

/** The payloads that go on where the stream comes in pieces of that size. */
function pass(pieceBytes: number): Buffer[] {
  const shift = new ReportShift(-1_200, (channel) => channel === 1);
  const parser = new RtspParser();
  const passed: Buffer[] = [];
  for (let at = 0; at < stream.length; at += pieceBytes) {
    const piece = Buffer.from(stream.subarray(at, at + pieceBytes));
    for (const message of parser.push(shift.push(piece))) if (message.kind === "frame") passed.push(message.payload);
  }
  return passed;
}

test.each([1, 2, 3, 19, 20, 21, 100, 937, 5_000])(
  "in pieces of %i bytes: reports are moved, all else stays",
  (pieceBytes) => {
    const [first, moved, second, empty, last] = pass(pieceBytes);
    expect([first, second]).toEqual([media, media]);
    expect(empty).toEqual(Buffer.alloc(4));
    expect(last).toEqual(moved);
    const [found, ...others] = parseRtcp(moved ?? Buffer.alloc(0));
    expect(found).toMatchObject({ type: "senderReport", rtpTimestamp: 7, packets: 1, octets: 2 });
    expect(found?.type === "senderReport" ? found.unixMs : 0).toBeCloseTo(unixMs - 1_200, 3);
    expect(others).toEqual(parseRtcp(report).slice(1));
  },
);

test("words at the end go on as they are", () => {
  const shift = new ReportShift(5, () => true);
  const farewell = Buffer.from("TEARDOWN rtsp://127.0.0.1/x RTSP/1.0\r\nCSeq: 9\r\n\r\n");
  expect(shift.push(Buffer.from(farewell))).toEqual(farewell);
  expect(shift.push(Buffer.from(farewell))).toEqual(farewell);
});

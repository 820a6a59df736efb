import { expect, test } from "vitest";
import { RtcpSenderInfo, RtcpSrPacket } from "werift";
import { ManualClock } from "../../foundation/clock.fake.ts";
import type { CallRtpPacket, LiveCallSink } from "../live-call-types.ts";
import { CallMedia } from "./call-media.ts";
import type { MediaKind } from "./call-peer.ts";

const video = { payloadType: 98, ssrc: 7 };
const audio = { payloadType: 96, ssrc: 8 };
const repeats = { payloadType: 99, ssrc: 9 };
const slice = Buffer.from([0x41, 0x9a, 0x01]);
const empty = Buffer.alloc(0);

/** What the sink was told, in the order in which it was told. */
function setUp() {
  const clock = new ManualClock();
  const told: string[] = [];
  const packets: CallRtpPacket[] = [];
  const asked: number[][] = [];
  const reports: unknown[] = [];
  let firsts = 0;
  const sink: LiveCallSink = {
    track: () => undefined,
    restart: (kind) => told.push(`restart ${kind}`),
    packet: (kind, packet) => {
      told.push(`${kind} ${packet.sequenceNumber}`);
      packets.push(packet);
    },
    senderReport: (kind, rtpTimestamp) => told.push(`${kind} report ${rtpTimestamp}`),
  };
  const media = new CallMedia({
    sink,
    clock,
    keyFrameSpacingMs: 300,
    keyFrameRepeatMs: 1_000,
    askForKeyFrame: () => undefined,
    askForPackets: (lost) => asked.push([...lost]),
    report: (kind, report) => reports.push({ kind, ...report }),
    onVideoSource: (ssrc) => told.push(`source ${ssrc}`),
    onFirstVideo: () => firsts++,
    onH265: () => undefined,
  });
  media.begin({
    sdp: "",
    video: { kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "640029" },
    videoPayloadType: video.payloadType,
    videoRepeatPayloadType: repeats.payloadType,
    audio: { kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 },
    audioPayloadType: audio.payloadType,
  });
  const send = (kind: MediaKind, source: typeof video, sequenceNumber: number, payload = slice): void =>
    media.rtp(kind, { ...source, sequenceNumber, timestamp: sequenceNumber, marker: false, payload });
  const report = (kind: MediaKind, { ssrc }: typeof video, rtpTimestamp: number): void => {
    const senderInfo = new RtcpSenderInfo({ ntpTimestamp: 1n, rtpTimestamp, packetCount: 0, octetCount: 0 });
    media.rtcp(kind, new RtcpSrPacket({ ssrc, senderInfo }));
  };
  return { media, clock, told, packets, asked, reports, send, report, firsts: () => firsts };
}

test("packets without a payload are left out, and nothing looks lost for it", () => {
  const { told, asked, send, media, firsts } = setUp();
  for (const sequence of [65_533, 65_534]) send("video", video, sequence, empty);
  expect([media.lastVideoAt, firsts()]).toEqual([undefined, 0]);
  for (const [sequence, payload] of [
    [65_535, slice],
    [0, empty],
    [1, slice],
  ] as const)
    send("video", video, sequence, payload);
  for (const [sequence, payload] of [
    [4, slice],
    [5, empty],
    [6, slice],
  ] as const)
    send("audio", audio, sequence, payload);
  expect(told).toEqual(["source 7", "video 65533", "video 65534", "audio 4", "audio 5"]);
  expect([asked, firsts()]).toEqual([[], 1]);
});

test("a track that goes on from another sender says so, and its numbers begin anew", () => {
  const { told, send, report } = setUp();
  send("video", video, 100);
  send("audio", audio, 100);
  const other = { ...video, ssrc: 17 };
  // The old numbers are far ahead of the new ones.
  report("video", other, 55);
  send("video", other, 40);
  send("video", other, 41);
  send("audio", { ...audio, ssrc: 18 }, 99);
  expect(told).toEqual([
    "source 7",
    "video 100",
    "audio 100",
    "source 17",
    "restart video",
    "video report 55",
    "video 40",
    "video 41",
    "restart audio",
    "audio 99",
  ]);
});

test("a repeated packet of an earlier sender does not disturb the present one", async () => {
  const { told, send, clock } = setUp();
  const again = (original: number): void => {
    const payload = Buffer.concat([Buffer.from([original >> 8, original & 0xff]), slice]);
    send("video", repeats, 1, payload);
  };
  again(40);
  send("video", video, 9_000);
  const other = { ...video, ssrc: 17 };
  send("video", other, 40);
  again(9_001);
  send("video", other, 42);
  again(41);
  await clock.advance(1_000);
  expect(told).toEqual(["source 7", "video 9000", "source 17", "restart video", "video 40", "video 41", "video 42"]);
});

test("a sender's report that comes before its packets is told before them", () => {
  const { told, send, report } = setUp();
  report("video", video, 1);
  report("video", video, 2);
  report("audio", { ...audio, ssrc: 99 }, 3);
  send("audio", audio, 1);
  send("video", video, 1);
  report("audio", audio, 4);
  expect(told).toEqual(["audio 1", "source 7", "video report 2", "video 1", "audio report 4"]);
});

test("once a second each sender hears what became of its packets", async () => {
  const { media, reports, send, report, clock } = setUp();
  await clock.advance(1_000);
  expect(reports).toEqual([]);
  send("video", video, 65_534);
  report("video", video, 1);
  send("video", video, 1);
  await clock.advance(1_000);
  const lost = { ssrc: 7, packetsLost: 2, highestSequence: 65_537, lastSenderReport: 0 };
  expect(reports).toEqual([expect.objectContaining({ kind: "video", ...lost, fractionLost: 128 })]);
  media[Symbol.dispose]();
  await clock.advance(5_000);
  expect(reports).toHaveLength(1);
});

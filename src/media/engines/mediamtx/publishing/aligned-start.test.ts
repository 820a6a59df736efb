import { expect, test } from "vitest";
import { startsKeyFrame } from "../../../formats/h264-payload.ts";
import { buildSenderReport } from "../../../formats/rtcp-build.ts";
import { parseRtcp } from "../../../formats/rtcp-parse.ts";
import { parseRtp, serializeRtp } from "../../../formats/rtp.ts";
import { timestampDistance } from "../../../formats/rtp-arithmetic.ts";
import type { InterleavedFrame } from "../../../formats/rtsp-message.ts";
import { AlignedStart, type PublishedTrack } from "./aligned-start.ts";

const video: PublishedTrack = { kind: "video", clockRate: 90_000 };
const aac: PublishedTrack = { kind: "audio", clockRate: 48_000 };
const tracks = new Map([
  [0, video],
  [2, aac],
]);
const keyFrame = Buffer.from([0x65, 0x88, 1, 2]);
const otherPicture = Buffer.from([0x41, 0x9a, 1, 2]);
const sound = Buffer.from([0x10, 0x20, 0x21]);
/** The sender's clock is its own. */
const senderStartMs = Date.UTC(2026, 0, 1);
const bases = new Map([
  [0, 4_294_960_000],
  [2, 1_000],
]);

/** The clock of this machine is as the sender's when the first picture is sent. */
const unixMs = (): number => senderStartMs + 40;

/** A packet of the moment `atMs` of the stream. */
function packet(channel: number, atMs: number, payload: Buffer, sequenceNumber = 65_535): InterleavedFrame {
  const { clockRate = 0 } = tracks.get(channel) ?? {};
  const timestamp = ((bases.get(channel) ?? 0) + Math.round((atMs * clockRate) / 1_000)) >>> 0;
  const fields = { payloadType: 96, marker: true, ssrc: channel + 77, sequenceNumber, timestamp, payload };
  return { kind: "frame", channel, payload: serializeRtp(fields) };
}

/** As FFmpeg sends it in front of the first packet. */
function report(channel: number, atMs: number): InterleavedFrame {
  const rtpTimestamp = parseRtp(packet(channel, atMs, sound).payload)?.timestamp ?? 0;
  const fields = { ssrc: channel + 77, cname: "x", unixMs: senderStartMs + atMs, rtpTimestamp, packets: 0, octets: 0 };
  return { kind: "frame", channel: channel + 1, payload: buildSenderReport(fields) };
}

/** Times as MediaMTX 1.20 makes them (gortsplib: rtptime.GlobalDecoder, rtpreceiver.Receiver). */
class MediamtxTimes {
  /** What is passed on: when it is to be shown, and when it was taken by the sender's clock. */
  readonly passed: { channel: number; shownMs: number; takenMs: number }[] = [];
  readonly #known = new Set<number>();
  readonly #lines = new Map<number, { timestamp: number; senderMs: number }>();
  readonly #last = new Map<number, { timestamp: number; shownMs: number }>();
  #lead: { channel: number; atMs: number; shownMs: number } | undefined;

  take(frames: readonly InterleavedFrame[], nowMs: number): void {
    for (const frame of frames) {
      if (frame.channel % 2 === 0) this.#takeRtp(frame, nowMs);
      else if (this.#known.has(frame.channel - 1)) this.#takeReport(frame);
    }
  }

  #takeReport({ channel, payload }: InterleavedFrame): void {
    const [found] = parseRtcp(payload);
    if (found?.type === "senderReport")
      this.#lines.set(channel - 1, { timestamp: found.rtpTimestamp, senderMs: found.unixMs });
  }

  #takeRtp({ channel, payload }: InterleavedFrame, nowMs: number): void {
    const rtp = parseRtp(payload);
    const rate = tracks.get(channel)?.clockRate ?? 1;
    if (!rtp) throw new Error("this is not RTP");
    this.#known.add(channel);
    const isShownWhenDecoded = channel !== 0 || startsKeyFrame(rtp.payload);
    const last = this.#last.get(channel);
    if (!last && !isShownWhenDecoded) return;
    this.#lead ??= { channel, atMs: nowMs, shownMs: 0 };
    const shownMs = last
      ? last.shownMs + (timestampDistance(last.timestamp, rtp.timestamp) * 1_000) / rate
      : this.#lead.shownMs + nowMs - this.#lead.atMs;
    this.#last.set(channel, { timestamp: rtp.timestamp, shownMs });
    if (last && this.#lead.channel === channel && isShownWhenDecoded) this.#lead = { channel, atMs: nowMs, shownMs };
    const line = this.#lines.get(channel);
    if (!line) return;
    const takenMs = line.senderMs + (timestampDistance(line.timestamp, rtp.timestamp) * 1_000) / rate;
    this.passed.push({ channel, shownMs, takenMs: takenMs - senderStartMs });
  }
}

test("all packets are passed on, and what belongs together is shown together, however late a track's first packet comes", () => {
  const start = new AlignedStart(tracks, unixMs);
  const mediamtx = new MediamtxTimes();
  const send = (frame: InterleavedFrame, nowMs: number): void => mediamtx.take(start.pass(frame, nowMs), nowMs);
  send(report(0, 40), 1_000);
  send(packet(0, 40, keyFrame), 1_000);
  send(packet(0, 80, otherPicture), 1_031);
  // A burst, and then a key frame that comes early: MediaMTX reckons from there.
  send(packet(0, 120, keyFrame), 1_032);
  expect(start.isDone).toBe(false);
  send(report(2, 0), 1_200);
  send(packet(2, 0, sound), 1_200);
  expect(start.isDone).toBe(true);
  send(packet(2, 21, sound), 1_210);
  send(packet(0, 160, otherPicture), 1_211);
  const { passed } = mediamtx;
  expect(passed.map(({ channel, takenMs }) => [channel, Math.round(takenMs)])).toEqual([
    [0, 40],
    [0, 80],
    [0, 120],
    [2, 0],
    [2, 21],
    [0, 160],
  ]);
  for (const { shownMs, takenMs } of passed) expect(Math.abs(shownMs - (takenMs - 40))).toBeLessThan(1);
});

test("without that packets MediaMTX would skip all, and take the arrival for the time", () => {
  const mediamtx = new MediamtxTimes();
  mediamtx.take([report(0, 40), packet(0, 40, keyFrame)], 1_000);
  mediamtx.take([report(2, 0), packet(2, 0, sound), packet(2, 21, sound)], 1_200);
  expect(mediamtx.passed).toEqual([]);
});

test("the packet in front has the number before the first one's, and the report goes before the first one, too", () => {
  const start = new AlignedStart(tracks, () => senderStartMs);
  expect(start.pass(report(0, 0), 1_000)).toEqual([]);
  const first = packet(0, 0, keyFrame, 0);
  const [empty, said, passed, ...more] = start.pass(first, 1_000);
  expect(parseRtp(empty?.payload ?? Buffer.alloc(0))).toMatchObject({
    sequenceNumber: 65_535,
    payloadType: 96,
    ssrc: 77,
  });
  expect(said).toEqual(report(0, 0));
  expect(passed).toBe(first);
  expect(more).toEqual([]);
});

test("a track without a report goes on as it is", () => {
  const start = new AlignedStart(tracks, unixMs);
  const first = packet(0, 0, keyFrame);
  expect(start.pass(first, 1_000)).toEqual([first]);
  const later = report(0, 5_000);
  expect(start.pass(later, 6_000)).toEqual([later]);
});

test("the clock of all reports is moved, so that it is right when the first packet is sent", () => {
  const lateMs = 300;
  const start = new AlignedStart(tracks, () => senderStartMs + 40 + lateMs);
  const moved = (frames: readonly InterleavedFrame[]): number[] =>
    frames.flatMap(({ payload }) =>
      parseRtcp(payload).flatMap((found) => (found.type === "senderReport" ? [found.unixMs - senderStartMs] : [])),
    );
  const send = (...frames: InterleavedFrame[]) => frames.flatMap((frame) => start.pass(frame, 1_000));
  const begun = send(report(0, 40), packet(0, 40, keyFrame), report(2, 60), packet(2, 60, sound));
  expect(moved(begun).map(Math.round)).toEqual([340, 360]);
  expect(moved(send(report(0, 5_040))).map(Math.round)).toEqual([5_340]);
  expect(start.shiftMs).toBeCloseTo(lateMs, 3);
});

// One track as one reader gets it: own SSRC, sequence numbers and timestamps, and what its sender reports say.
import { randomBytes } from "node:crypto";
import { buildBye, buildEmptyReceiverReport, buildSenderReport } from "../formats/rtcp-build.ts";
import { rtpHeaderBytes, writeRtpHeader } from "../formats/rtp.ts";
import { wrapSequence, wrapTimestamp } from "../formats/rtp-arithmetic.ts";
import type { MediaUnit } from "./media-unit.ts";
import { framingRoom, headerStride, type RtpBatch } from "./stream.ts";

const reportEveryMs = 4_000;

export interface OutgoingTrackOptions {
  /** Its number in the description. */
  readonly track: number;
  /** What it carries. */
  readonly feed: number;
  readonly payloadType: number;
  readonly cname: string;
}

export class OutgoingTrack {
  readonly track: number;
  readonly feed: number;
  readonly ssrc: number;
  readonly firstSequenceNumber: number;
  readonly #payloadType: number;
  readonly #cname: string;
  readonly #timestampOffset: number;
  #nextSequence: number;
  /** Index of the last packet sent; undefined where the next one follows without a gap, whatever its index. */
  #lastIndex: number | undefined;
  #lastTimestamp = 0;
  #packets = 0;
  #octets = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutgoingTrackOptions) {
    const random = randomBytes(10);
    this.track = options.track;
    this.feed = options.feed;
    this.#payloadType = options.payloadType;
    this.#cname = options.cname;
    this.ssrc = random.readUInt32BE(0);
    this.firstSequenceNumber = random.readUInt16BE(4);
    this.#nextSequence = this.firstSequenceNumber;
    this.#timestampOffset = random.readUInt32BE(6);
  }

  get hasSent(): boolean {
    return this.#packets > 0;
  }

  /** Units were left out on purpose: the numbers go on without a gap. */
  skip(): void {
    this.#lastIndex = undefined;
  }

  /** The unit with this track's headers, at `timestamp` instead of its own. */
  batch(unit: MediaUnit, timestamp: number): RtpBatch {
    const count = unit.indexes.length;
    const headers = Buffer.allocUnsafe(count * headerStride);
    const firstIndex = unit.indexes[0] ?? 0;
    const base =
      this.#nextSequence + (this.#lastIndex === undefined ? 0 : firstIndex - this.#lastIndex - 1) - firstIndex;
    const wireTimestamp = timestamp + this.#timestampOffset;
    let index = firstIndex;
    for (let packet = 0; packet < count; packet++) {
      index = unit.indexes[packet] ?? index;
      const isMarked = unit.marker && packet === count - 1;
      const at = packet * headerStride + framingRoom;
      writeRtpHeader(headers, at, this.#payloadType, isMarked, base + index, wireTimestamp, this.ssrc);
    }
    this.#nextSequence = wrapSequence(base + index + 1);
    this.#lastIndex = index;
    this.#lastTimestamp = timestamp;
    this.#packets += count;
    this.#octets += unit.payloadBytes;
    return { headers, payloads: unit.payloads, bytes: unit.payloadBytes + count * rtpHeaderBytes };
  }

  isReportDue(nowMs: number): boolean {
    return nowMs - this.#reportedAtMs >= reportEveryMs;
  }

  /** A sender report that says when `timestamp` (or that of the last unit) was; `unixMs` is its wall clock. */
  report(unixMs: (timestamp: number) => number, nowMs: number, timestamp = this.#lastTimestamp): Buffer {
    this.#reportedAtMs = nowMs;
    return buildSenderReport({
      ssrc: this.ssrc,
      cname: this.#cname,
      unixMs: unixMs(timestamp),
      rtpTimestamp: wrapTimestamp(timestamp + this.#timestampOffset),
      packets: this.#packets,
      octets: this.#octets,
    });
  }

  signOfLife(): Buffer {
    return buildEmptyReceiverReport(this.ssrc, this.#cname);
  }

  bye(): Buffer {
    return buildBye(this.ssrc, this.#cname);
  }
}

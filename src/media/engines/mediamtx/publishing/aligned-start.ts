// How a stream that is published begins, so that MediaMTX keeps its tracks together.
import { startsKeyFrame } from "../../../formats/h264-payload.ts";
import { parseRtcp } from "../../../formats/rtcp-parse.ts";
import { parseRtp, type SourcedRtpPacket, serializeRtp } from "../../../formats/rtp.ts";
import { timestampDistance } from "../../../formats/rtp-arithmetic.ts";
import type { InterleavedFrame } from "../../../formats/rtsp-message.ts";
import { moveSenderReports } from "../../../formats/sender-report-move.ts";

export interface PublishedTrack {
  readonly kind: "video" | "audio";
  readonly clockRate: number;
}

/** The sender's clock for a track's timestamps, and the report that says so. */
interface Line {
  readonly report: InterleavedFrame;
  readonly timestamp: number;
  readonly senderMs: number;
}

/** A packet of the track by which MediaMTX places the first packets of all others: when it was sent, and its moment on the sender's clock. */
interface Lead {
  readonly channel: number;
  readonly track: PublishedTrack;
  readonly line: Line;
  readonly sentAtMs: number;
  readonly senderMs: number;
}

/** The first byte of a key frame, of which nothing follows. */
const opening = Buffer.from([0x65]);

/**
 * FFmpeg sends a sender report in front of a track's first packet. MediaMTX throws it away, because it does not know the sender yet,
 * and then skips all packets until the next report, seconds later. It also takes the moment at which a track's first packet comes for
 * the moment at which the track begins. So each track gets a packet in front that carries nothing: it makes the sender known, and its
 * timestamp is that of the moment at which it is sent. MediaMTX passes it on to nobody.
 *
 * FFmpeg's clock begins with its first packet, whenever that goes on. It is moved so that it is right then: players that go by reports
 * (live555) have a clock of their own before the first one, and throw away what is older than what they have.
 */
export class AlignedStart {
  readonly #tracks: ReadonlyMap<number, PublishedTrack>;
  readonly #unixMs: () => number;
  /** Of tracks that have not begun. */
  readonly #lines = new Map<number, Line>();
  readonly #begun = new Set<number>();
  #lead: Lead | undefined;
  #shiftMs: number | undefined;

  /** By the channel of their RTP; RTCP has the next one. */
  constructor(tracks: ReadonlyMap<number, PublishedTrack>, unixMs: () => number) {
    this.#tracks = tracks;
    this.#unixMs = unixMs;
  }

  /** By so much the clock of sender reports is moved. */
  get shiftMs(): number {
    return this.#shiftMs ?? 0;
  }

  /** All tracks have begun: from now on everything may go as it comes. */
  get isDone(): boolean {
    return this.#begun.size === this.#tracks.size;
  }

  /** What to send, now, for a frame that is due now. */
  pass(frame: InterleavedFrame, nowMs: number): readonly InterleavedFrame[] {
    const { channel } = frame;
    const track = this.#tracks.get(channel);
    if (track && !this.#begun.has(channel)) return this.#begin(frame, track, nowMs);
    if (this.#tracks.has(channel - 1)) return this.#takeReport(frame);
    if (channel === this.#lead?.channel && !this.isDone) this.#follow(this.#lead, frame, nowMs);
    return [frame];
  }

  #takeReport(frame: InterleavedFrame): readonly InterleavedFrame[] {
    if (this.#begun.has(frame.channel - 1)) return [this.#moved(frame)];
    for (const packet of parseRtcp(frame.payload))
      if (packet.type === "senderReport")
        this.#lines.set(frame.channel - 1, { report: frame, timestamp: packet.rtpTimestamp, senderMs: packet.unixMs });
    return [];
  }

  #moved(report: InterleavedFrame): InterleavedFrame {
    const payload = Buffer.from(report.payload);
    moveSenderReports(payload, this.shiftMs);
    return { ...report, payload };
  }

  #begin(frame: InterleavedFrame, track: PublishedTrack, nowMs: number): readonly InterleavedFrame[] {
    const { channel } = frame;
    const packet = parseRtp(frame.payload);
    if (!packet) return [];
    this.#begun.add(channel);
    const line = this.#lines.get(channel);
    if (!line) return [frame];
    const senderMs = momentOf(packet, line, track);
    this.#shiftMs ??= this.#unixMs() - senderMs;
    this.#lead ??= { channel, track, line, sentAtMs: nowMs, senderMs };
    const dueMs = this.#lead.senderMs + nowMs - this.#lead.sentAtMs;
    const ahead = Math.round(((dueMs - senderMs) * track.clockRate) / 1_000);
    return [{ ...frame, payload: emptyPacket(packet, track, ahead) }, this.#moved(line.report), frame];
  }

  /** MediaMTX reckons from the newest packet that is shown when it is decoded: all sound, and key frames. */
  #follow(lead: Lead, frame: InterleavedFrame, nowMs: number): void {
    const packet = parseRtp(frame.payload);
    if (!packet || (lead.track.kind === "video" && !startsKeyFrame(packet.payload))) return;
    this.#lead = { ...lead, sentAtMs: nowMs, senderMs: momentOf(packet, lead.line, lead.track) };
  }
}

function momentOf({ timestamp }: SourcedRtpPacket, line: Line, { clockRate }: PublishedTrack): number {
  return line.senderMs + (timestampDistance(line.timestamp, timestamp) * 1_000) / clockRate;
}

function emptyPacket(first: SourcedRtpPacket, { kind }: PublishedTrack, ticksAhead: number): Buffer {
  return serializeRtp({
    ...first,
    sequenceNumber: first.sequenceNumber - 1,
    timestamp: first.timestamp + ticksAhead,
    payload: kind === "video" ? opening : first.payload.subarray(0, 1),
  });
}

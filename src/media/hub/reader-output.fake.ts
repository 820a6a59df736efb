// A reader's transport that keeps what it was given.
import type { RtcpPacket } from "../formats/rtcp-packet.ts";
import { parseRtcp } from "../formats/rtcp-parse.ts";
import { parseRtp, type SourcedRtpPacket } from "../formats/rtp.ts";
import { framingRoom, headerStride, type ReaderOutput, type RtpBatch } from "./stream.ts";

export class RecordingOutput implements ReaderOutput {
  readonly writes: { track: number; packets: SourcedRtpPacket[]; bytes: number }[] = [];
  readonly reports: { track: number; packets: RtcpPacket[] }[] = [];
  /** RTP and RTCP in the order in which they came. */
  readonly order: string[] = [];
  isPassedOn = false;
  pendingBytes = 0;
  endedWith: Error | undefined;
  /** Thrown by the next write. */
  failure: Error | undefined;

  writeRtp(track: number, batch: RtpBatch): void {
    if (this.failure) throw this.failure;
    this.order.push(`rtp ${track}`);
    this.writes.push({ track, packets: readBatch(batch), bytes: batch.bytes });
  }

  writeRtcp(track: number, packet: Buffer): void {
    const packets = parseRtcp(packet);
    this.order.push(`${packets.map((part) => part.type).join("+")} ${track}`);
    this.reports.push({ track, packets });
  }

  end(reason: Error): void {
    this.endedWith = reason;
  }

  /** All packets of a track, in order. */
  packets(track: number): SourcedRtpPacket[] {
    return this.writes.filter((write) => write.track === track).flatMap((write) => write.packets);
  }

  /** Sender reports of a track, in order. */
  senderReports(track: number): Extract<RtcpPacket, { type: "senderReport" }>[] {
    return this.reports
      .filter((report) => report.track === track)
      .flatMap((report) => report.packets)
      .filter((packet) => packet.type === "senderReport");
  }
}

function readBatch(batch: RtpBatch): SourcedRtpPacket[] {
  return batch.payloads.map((payload, index) => {
    const at = index * headerStride + framingRoom;
    const packet = parseRtp(Buffer.concat([batch.headers.subarray(at, at + 12), payload]));
    if (!packet) throw new Error("The hub wrote something that is not RTP");
    return packet;
  });
}

// How far apart the packets are that a reader was sent.
import type { SourcedRtpPacket } from "../formats/rtp.ts";
import { sequenceDistance, timestampDistance } from "../formats/rtp-arithmetic.ts";

/** Sequence numbers between neighbours. */
export const steps = (packets: readonly SourcedRtpPacket[]): number[] =>
  packets.slice(1).map((packet, at) => sequenceDistance(packets[at]?.sequenceNumber ?? 0, packet.sequenceNumber));

/** Timestamp ticks from the first to the last. */
export const ticks = (packets: readonly SourcedRtpPacket[]): number =>
  timestampDistance(packets[0]?.timestamp ?? 0, packets.at(-1)?.timestamp ?? 0);

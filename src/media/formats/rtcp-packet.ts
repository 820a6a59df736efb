// RTCP as far as Belfry reads it (RFC 3550, section 6), and its packet type numbers.

export const rtcpTypes = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 };

export type RtcpPacket =
  | {
      readonly type: "senderReport";
      readonly ssrc: number;
      /** Unix ms, with fractions. */
      readonly unixMs: number;
      readonly rtpTimestamp: number;
      readonly packets: number;
      readonly octets: number;
    }
  | { readonly type: "receiverReport" | "sourceDescription" | "bye" | "other" };

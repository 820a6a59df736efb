// RTCP as it travels through Belfry (RFC 3550, section 6; RFC 4585), and its packet type numbers.

export const rtcpTypes = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  payloadFeedback: 206,
};

export interface ReceptionReport {
  readonly ssrc: number;
  /** Fraction of packets lost since the last report, in 1/256. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequenceNumber: number;
  readonly jitter: number;
}

export type RtcpPacket =
  | {
      readonly type: "senderReport";
      readonly ssrc: number;
      /** Unix ms, with fractions. */
      readonly unixMs: number;
      readonly rtpTimestamp: number;
      readonly packets: number;
      readonly octets: number;
      readonly reports: readonly ReceptionReport[];
    }
  | { readonly type: "receiverReport"; readonly ssrc: number; readonly reports: readonly ReceptionReport[] }
  | {
      readonly type: "sourceDescription";
      readonly sources: readonly { readonly ssrc: number; readonly cname: string | undefined }[];
    }
  | { readonly type: "bye"; readonly ssrcs: readonly number[] }
  | { readonly type: "pictureLoss"; readonly senderSsrc: number; readonly mediaSsrc: number }
  | { readonly type: "other"; readonly payloadType: number };

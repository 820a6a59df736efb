// An RTP packet (RFC 3550) as it travels through Belfry: header fields parsed, payload shared and never changed.

export interface RtpPacket {
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits, in units of the track's clock rate. */
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
}

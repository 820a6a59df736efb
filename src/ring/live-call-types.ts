// What a live call delivers. Shapes fit media/hub's MediaSink without either room knowing the other.

export interface CallRtpPacket {
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
}

export type CallTrack =
  | {
      readonly kind: "video";
      readonly codec: "h264";
      readonly clockRate: 90_000;
      readonly profileLevelId: string;
      readonly parameterSets?: { readonly sps: Buffer; readonly pps: Buffer };
    }
  | { readonly kind: "audio"; readonly codec: "opus"; readonly clockRate: 48_000; readonly channels: 2 }
  | { readonly kind: "audio"; readonly codec: "pcmu"; readonly clockRate: 8_000; readonly channels: 1 };

export interface LiveCallSink {
  track(track: CallTrack): void;
  /** The track goes on from another sender: its next packet has nothing to do with the numbers and times before it. */
  restart(kind: "video" | "audio"): void;
  packet(kind: "video" | "audio", packet: CallRtpPacket, arrivedAtMs: number): void;
  senderReport(kind: "video" | "audio", rtpTimestamp: number, senderUnixMs: number): void;
}

export interface LiveCall extends AsyncDisposable {
  /** Resolves when the call is over, with the AppError that ended it (`call.limit`, `call.media-stalled`, ...), undefined where we hung up. */
  readonly ended: Promise<Error | undefined>;
  requestKeyFrame(): void;
  close(): void;
}

// What a track carries, independent of where it comes from and where it goes.

export interface H264Track {
  readonly kind: "video";
  readonly codec: "h264";
  readonly clockRate: 90_000;
  /** Six hex digits: profile_idc, constraint flags, level_idc. */
  readonly profileLevelId: string;
  /** Parameter sets as NAL units without start code; absent until they have been seen. */
  readonly parameterSets?: { readonly sps: Buffer; readonly pps: Buffer };
}

/** Always announced as `opus/48000/2` (RFC 7587), whatever the content. */
export interface OpusTrack {
  readonly kind: "audio";
  readonly codec: "opus";
  readonly clockRate: 48_000;
  readonly channels: 2;
}

export interface PcmuTrack {
  readonly kind: "audio";
  readonly codec: "pcmu";
  readonly clockRate: 8_000;
  readonly channels: 1;
}

export interface AacTrack {
  readonly kind: "audio";
  readonly codec: "aac";
  readonly clockRate: number;
  readonly channels: number;
  /** AudioSpecificConfig (ISO 14496-3), hex. */
  readonly config: string;
}

export type AudioTrack = OpusTrack | PcmuTrack | AacTrack;
export type Track = H264Track | AudioTrack;

export const opusTrack: OpusTrack = { kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 };
export const pcmuTrack: PcmuTrack = { kind: "audio", codec: "pcmu", clockRate: 8_000, channels: 1 };
/** AAC-LC 48 kHz mono: what our encoder makes, known before it runs. */
export const aacTrack: AacTrack = { kind: "audio", codec: "aac", clockRate: 48_000, channels: 1, config: "1188" };

// A stamp in each coded picture, for measuring delays from outside: an SEI "user data unregistered" unit.
//
// Its payload (type 5) is our UUID and then text: `frame=<n> sent=<ms>`. `n` counts frames since the cloud started and
// never wraps (the number in the picture is `n` modulo the loop); `ms` is the Unix time at which the picture was sent.
// Text, because it needs no emulation prevention: neither it nor the UUID has a zero byte.
import type { VideoCodec } from "./nal-units.ts";

export interface FrameStamp {
  readonly frame: number;
  readonly sentAtMs: number;
}

export const stampUuid = Buffer.from("7be1f26c43b04f5c9ad2682f63616d21", "hex");

const userDataUnregistered = 5;
const stopBit = 0x80;
/** H.264 unit type 6; H.265 prefix SEI, type 39, temporal id 1. */
const unitHeaders: Record<VideoCodec, Buffer> = { h264: Buffer.from([6]), h265: Buffer.from([39 << 1, 1]) };

export function stampUnit(codec: VideoCodec, { frame, sentAtMs }: FrameStamp): Buffer {
  const text = Buffer.from(`frame=${frame} sent=${sentAtMs.toFixed(3)}`);
  const size = stampUuid.length + text.length;
  return Buffer.concat([
    unitHeaders[codec],
    Buffer.from([userDataUnregistered, size]),
    stampUuid,
    text,
    Buffer.from([stopBit]),
  ]);
}

/** The stamp in a NAL unit, a coded picture or an RTP payload, wherever it stands; undefined if there is none. */
export function readStamp(bytes: Buffer): FrameStamp | undefined {
  const at = bytes.indexOf(stampUuid);
  if (at < 0) return undefined;
  const text = bytes.toString("latin1", at + stampUuid.length, at + stampUuid.length + 64);
  const match = /^frame=(\d+) sent=(\d+\.\d{3})/.exec(text);
  return match ? { frame: Number(match[1]), sentAtMs: Number(match[2]) } : undefined;
}

// What a player shows that keeps to the times of RTP: it shows its first picture at once, and the others in their distance from it.
import { timestampDistance } from "../../src/media/formats/rtp-arithmetic.ts";
import type { ReceivedPicture } from "./rtsp-reader.ts";

/** The picture on the screen at that time (Unix ms). A picture that comes too late is shown as soon as it is there. */
export function presentedAt(pictures: readonly ReceivedPicture[], atMs: number): ReceivedPicture {
  const [first] = pictures;
  if (!first || first.at > atMs) throw new Error("nothing is shown yet");
  const dueMs = ({ rtpTimestamp }: ReceivedPicture): number =>
    first.at + timestampDistance(first.rtpTimestamp, rtpTimestamp) / 90;
  return pictures.findLast((picture) => Math.max(dueMs(picture), picture.at) <= atMs) ?? first;
}

// The key frame that a stream keeps for its readers, as something that can be decoded alone.
import { toAnnexB } from "../formats/annex-b.ts";
import type { GroupOfPictures } from "./group-of-pictures.ts";

export interface KeyFrame {
  /** With parameter sets. */
  readonly annexB: Buffer;
  /** Since it arrived. */
  readonly ageMs: number;
}

/** Undefined while there is none that can be used. */
export function keyFrameOf(group: GroupOfPictures, nowMs: number): KeyFrame | undefined {
  const unit = group.keyFrame;
  return unit && { annexB: toAnnexB(unit.payloads), ageMs: group.ageMs(nowMs) };
}

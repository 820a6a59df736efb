// What one viewer of the video loop gets next: follows one variant, and changes to the one whose key frame comes first.
import { stampUnit } from "./frame-sei.ts";
import { loopFrames } from "./live-format.ts";
import type { VideoLoop } from "./video-loop.ts";

/** The NAL units of one coded picture, in the order of sending. */
export interface AccessUnit {
  readonly units: readonly Buffer[];
  readonly isKeyFrame: boolean;
}

export interface VideoFeedOptions {
  /** Never gives a key frame nor parameter sets: the stream cannot be decoded. */
  readonly withoutKeyFrames?: boolean;
}

export class VideoFeed {
  readonly #loop: VideoLoop;
  readonly #withoutKeyFrames: boolean;
  #variant: number | undefined;
  #keyFrameWanted = true;
  #lastFrame: number | undefined;

  constructor(loop: VideoLoop, { withoutKeyFrames = false }: VideoFeedOptions = {}) {
    this.#loop = loop;
    this.#withoutKeyFrames = withoutKeyFrames;
  }

  /** The next frame that is a key frame in any variant will be one here: at most 250 ms with H.264. */
  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /**
   * Frame `frame` of the endless sequence. Undefined until the first key frame, and again after a frame was left out:
   * what refers to a missing picture cannot be decoded.
   */
  next(frame: number, sentAtMs: number): AccessUnit | undefined {
    const index = frame % loopFrames;
    if (this.#lastFrame !== undefined && frame !== this.#lastFrame + 1) this.#forget();
    this.#lastFrame = frame;
    this.#chooseVariant(index);
    if (this.#variant === undefined) return undefined;
    const slice = this.#loop.variants[this.#variant]?.slices[index];
    if (!slice) return undefined;
    const isKeyFrame = this.#isKeyFrame(this.#variant, index);
    const stamp = stampUnit(this.#loop.codec, { frame, sentAtMs });
    return { units: isKeyFrame ? [...this.#loop.parameterSets, stamp, slice] : [stamp, slice], isKeyFrame };
  }

  #forget(): void {
    this.#variant = undefined;
    this.#keyFrameWanted = true;
  }

  #chooseVariant(index: number): void {
    if (this.#withoutKeyFrames) {
      const usable = this.#loop.variants.findIndex((_, variant) => !this.#isKeyFrame(variant, index));
      this.#variant = usable < 0 ? undefined : usable;
      return;
    }
    if (!this.#keyFrameWanted) return;
    const entry = this.#loop.variants.findIndex((_, variant) => this.#isKeyFrame(variant, index));
    if (entry < 0) return;
    this.#variant = entry;
    this.#keyFrameWanted = false;
  }

  #isKeyFrame(variant: number, index: number): boolean {
    return this.#loop.variants[variant]?.keyFrames.includes(index) ?? false;
  }
}

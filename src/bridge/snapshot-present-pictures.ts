// Pictures of now, one at a time: a camera that takes long is not asked a second time meanwhile.
import type { CameraFacts } from "./snapshot-ladder-policy.ts";
import { presentLadder } from "./snapshot-ladder-policy.ts";
import type { Picture, PictureSources } from "./snapshot-picture.ts";

export interface PresentWish {
  readonly isUrgent: boolean;
  /** The camera is not to be woken. */
  readonly isPassive: boolean;
}

export interface PresentPicturesOptions {
  readonly sources: Pick<PictureSources, "still" | "stream">;
  readonly facts: () => CameraFacts;
}

export class PresentPictures {
  readonly #options: PresentPicturesOptions;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;
  /** By Ring's clock. */
  #lastStillAt: number | undefined;

  constructor(options: PresentPicturesOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** After those that run. Undefined where there is no source now; rejects with the error of the last one. */
  async take(wish: PresentWish, signal: AbortSignal): Promise<Picture | undefined> {
    this.#running++;
    const turn = this.#last.then(() => this.#take(wish, signal));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#running--;
    }
  }

  async #take(wish: PresentWish, signal: AbortSignal): Promise<Picture | undefined> {
    const ladder = presentLadder(this.#options.facts());
    const [first, second] = ladder;
    if (first === "stream") {
      try {
        return await this.#options.sources.stream(signal);
      } catch (error) {
        if (signal.aborted || second === undefined) throw error;
      }
    }
    return ladder.includes("still") ? await this.#still(wish, signal) : undefined;
  }

  async #still({ isUrgent, isPassive }: PresentWish, signal: AbortSignal): Promise<Picture> {
    const request = { isPassive, newerThan: this.#lastStillAt };
    const picture = await this.#options.sources.still(request, isUrgent, signal);
    this.#lastStillAt = picture.takenAt;
    return picture;
  }
}

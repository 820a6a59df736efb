// The newest picture of a camera: fetched at the start and after events, one request at a time, published as it is.
import type { Clock } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Snapshot } from "../ring/camera-state.ts";
import type { SnapshotState } from "./camera-view.ts";

/** Ring holds the request of a busy camera back; longer than this is hopeless. */
const requestLimitMs = 20_000;

export interface SnapshotOptions {
  readonly fetch: (options: { imageId?: string }, signal: AbortSignal) => Promise<Snapshot>;
  readonly onPicture: (picture: Snapshot) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Wish {
  readonly type: NonNullable<SnapshotState["type"]>;
  readonly imageId?: string;
}

export class SnapshotKeeper {
  #state: SnapshotState = { takenAt: undefined, type: undefined };
  #running = false;
  #next: Wish | undefined;
  readonly #options: SnapshotOptions;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  get state(): SnapshotState {
    return this.#state;
  }

  /** Asks for a new picture; while one is being fetched only the newest wish is remembered. */
  refresh(wish: Wish): void {
    this.#next = wish;
    if (!this.#running) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let wish = this.#next; wish && !this.#options.signal.aborted; wish = this.#next) {
      this.#next = undefined;
      await this.#fetch(wish);
    }
    this.#running = false;
  }

  async #fetch(wish: Wish): Promise<void> {
    const { fetch, onPicture, clock, logger, signal } = this.#options;
    try {
      const options = wish.imageId === undefined ? {} : { imageId: wish.imageId };
      const work = (limited: AbortSignal): Promise<Snapshot> => fetch(options, limited);
      const picture = await withDeadline("the snapshot", requestLimitMs, clock, work, signal);
      this.#state = { takenAt: picture.takenAt, type: wish.type };
      onPicture(picture);
    } catch (error) {
      // No picture now is no fault of ours: the old one stays, with its age.
      if (!signal.aborted) logger.debug(`no ${wish.type} snapshot`, error);
    }
  }
}

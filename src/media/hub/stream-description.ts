// What viewers are told of a stream's tracks: what arrives, else what is remembered; and whether they were told the truth.
import type { Clock } from "../../foundation/clock.ts";
import { Emitter } from "../../foundation/emitter.ts";
import type { Logger } from "../../foundation/logger.ts";
import { StreamEndedError } from "../errors.ts";
import type { Track } from "../formats/track.ts";
import { describeTracks, isDescribedWrongly } from "./description-policy.ts";
import type { ViewerLease } from "./stream-lease.ts";
import type { StreamMedia } from "./stream-media.ts";
import { MemoryKeeper, type StreamMemory } from "./stream-memory.ts";
import { waitForFormat } from "./wait-for-format.ts";

export interface StreamDescriptionOptions {
  readonly path: string;
  readonly memory: StreamMemory;
  readonly media: StreamMedia;
  readonly isRunning: () => boolean;
  readonly canMakeAac: boolean;
  /** How long a client waits for the camera's parameter sets. */
  readonly limitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class StreamDescription {
  readonly #options: StreamDescriptionOptions;
  readonly #memory: MemoryKeeper;
  readonly #learned = new Emitter<void>();

  constructor(options: StreamDescriptionOptions) {
    this.#options = options;
    this.#memory = new MemoryKeeper(options.path, options.memory, options.logger);
  }

  /** There is more to tell than the usual. */
  get isKnown(): boolean {
    return this.#memory.load() !== undefined || this.#known?.parameterSets !== undefined;
  }

  get tracks(): Track[] {
    return describeTracks(this.#known, this.#memory.load(), this.#options.canMakeAac);
  }

  /** Until the parameter sets are known, or the time is over. Rejects with a StreamRefusedError where the stream ends meanwhile. */
  async wait(ended: AbortSignal, signal: AbortSignal): Promise<void> {
    const { clock, limitMs, media } = this.#options;
    const isKnown = (): boolean => media.known.parameterSets !== undefined;
    await waitForFormat({ clock, limitMs, isKnown, changed: this.#learned, ended, signal });
  }

  /** Something that arrives is now known. */
  learned(): void {
    const { media } = this.#options;
    this.#memory.keep(media.known, media.size);
    this.#learned.emit();
  }

  /** Ends a viewer who was told another picture or sound than what comes, so that it asks again. */
  check(lease: ViewerLease): void {
    const { described } = lease;
    const known = this.#known;
    if (!described || !known || !isDescribedWrongly(described, known, (feed) => lease.plays(feed))) return;
    const text = "The camera sends another format than was described; ask again";
    lease.end(new StreamEndedError("described-wrongly", text));
  }

  get #known(): StreamMedia["known"] | undefined {
    return this.#options.isRunning() ? this.#options.media.known : undefined;
  }
}

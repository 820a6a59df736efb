// What is remembered of a stream between calls, so that it can be described without calling the camera. The app stores it.
import type { Logger } from "../../foundation/logger.ts";
import { profileLevelId } from "../formats/h264-sps.ts";
import { describedSound, type SoundCodec } from "./described-sound.ts";
import type { KnownTracks } from "./known-tracks.ts";

/** Fit for JSON. */
export interface RememberedStream {
  readonly profileLevelId: string;
  /** NAL units, base64. */
  readonly sps: string;
  readonly pps: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly audioCodec: SoundCodec;
}

export interface StreamMemory {
  load(path: string): RememberedStream | undefined;
  /** Called when something has changed; keep it, soon. */
  save(path: string, remembered: RememberedStream): void;
}

/** The memory of one stream: saves only what is new, and outlives a memory that throws. */
export class MemoryKeeper {
  readonly #path: string;
  readonly #memory: StreamMemory;
  readonly #logger: Logger;

  constructor(path: string, memory: StreamMemory, logger: Logger) {
    this.#path = path;
    this.#memory = memory;
    this.#logger = logger;
  }

  load(): RememberedStream | undefined {
    try {
      return this.#memory.load(this.#path);
    } catch (error) {
      this.#logger.warn(`What is remembered of ${this.#path} cannot be read`, error);
      return undefined;
    }
  }

  keep(known: KnownTracks, size: Pick<RememberedStream, "width" | "height">): void {
    if (!known.parameterSets) return;
    const before = this.load();
    const remembered: RememberedStream = {
      profileLevelId: profileLevelId(known.parameterSets.sps),
      sps: known.parameterSets.sps.toString("base64"),
      pps: known.parameterSets.pps.toString("base64"),
      width: size.width,
      height: size.height,
      audioCodec: describedSound(known, before?.audioCodec),
    };
    if (before && isSame(before, remembered)) return;
    try {
      this.#memory.save(this.#path, remembered);
    } catch (error) {
      this.#logger.warn(`The format of ${this.#path} cannot be remembered`, error);
    }
  }
}

function isSame(one: RememberedStream, other: RememberedStream): boolean {
  return (
    one.sps === other.sps &&
    one.pps === other.pps &&
    one.audioCodec === other.audioCodec &&
    one.width === other.width &&
    one.height === other.height
  );
}

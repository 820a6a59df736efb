// What a stream path is made of.
import type { Clock } from "../../foundation/clock.ts";
import type { Logger } from "../../foundation/logger.ts";
import type { AudioTranscoderFactory } from "./audio-transcoder.ts";
import type { StreamGovernor } from "./governor.ts";
import type { MediaSource } from "./media-source.ts";
import type { StreamLimits } from "./stream-limits.ts";
import type { StreamMemory } from "./stream-memory.ts";

export interface StreamPathOptions {
  readonly path: string;
  readonly source: MediaSource;
  /** Undefined where there is no FFmpeg: streams have no AAC track. */
  readonly transcoder: AudioTranscoderFactory | undefined;
  readonly memory: StreamMemory;
  /** Without one, everybody is let in. */
  readonly governor?: StreamGovernor;
  readonly limits?: Partial<StreamLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Its abort closes the stream, as `Symbol.asyncDispose` does. */
  readonly signal: AbortSignal;
}

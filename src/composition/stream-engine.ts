// What serves streams to players, as the rest of the house sees it.
import type { Subscribable } from "../foundation/emitter.ts";

/** Ports as addresses of streams show them; undefined where nothing listens. */
export interface ShownPorts {
  readonly rtsp: number;
  readonly rtsps?: number | undefined;
  readonly hls?: number | undefined;
  readonly whep?: number | undefined;
}

export interface StreamEngine {
  readonly name: string;
  readonly state: {
    readonly isHealthy: boolean;
    readonly reason: string | undefined;
    readonly rtspPort: number;
    readonly shown: ShownPorts;
  };
  /** The state is another one now. */
  readonly changed: Subscribable<void>;
}

// What serves streams to players, as the rest of the house sees it.
import { Emitter, type Subscribable } from "../foundation/emitter.ts";

/** Ports as addresses of streams show them; undefined where nothing listens. */
export interface ShownPorts {
  readonly rtsp: number;
  readonly rtsps?: number | undefined;
  readonly hls?: number | undefined;
  readonly whep?: number | undefined;
}

/** What the owner has switched on and does not get. */
export interface UnmetWish {
  /** What it is and why, in one sentence. */
  readonly text: string;
  readonly remedy: string;
}

export interface StreamEngine {
  readonly name: string;
  readonly state: {
    readonly isHealthy: boolean;
    readonly reason: string | undefined;
    readonly rtspPort: number;
    readonly shown: ShownPorts;
  };
  readonly unmet: UnmetWish | undefined;
  /** The state is another one now. */
  readonly changed: Subscribable<void>;
}

/** The place of the engine, which may need a while to start. */
export class EngineSlot {
  readonly #changed: Emitter<void>;
  #engine: StreamEngine | undefined;

  constructor(onListenerError: (error: unknown) => void) {
    this.#changed = new Emitter(onListenerError);
  }

  /** Undefined while it starts. */
  get engine(): StreamEngine | undefined {
    return this.#engine;
  }

  /** The engine is there, or its state is another one now. */
  get changed(): Subscribable<void> {
    return this.#changed;
  }

  fill(engine: StreamEngine): void {
    this.#engine = engine;
    engine.changed.subscribe(() => this.#changed.emit());
    this.#changed.emit();
  }
}

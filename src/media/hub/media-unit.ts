// What readers are served: the packets of one access unit, or one audio packet, numbered and timed by the hub.

export interface MediaUnit {
  readonly payloads: readonly Buffer[];
  /** Ascending numbers of the packets within the track, continuous over source restarts; a jump is a loss. */
  readonly indexes: readonly number[];
  /** Ticks of the track's clock, unbounded and continuous over source restarts. */
  readonly timestamp: number;
  /** The marker bit of the last packet; the others have none. */
  readonly marker: boolean;
  readonly payloadBytes: number;
}

export interface VideoUnit extends MediaUnit {
  /** A whole IDR picture with parameter sets: a decoder can start here. */
  readonly isKeyFrame: boolean;
  /** Packets are missing before it or inside. */
  readonly followsLoss: boolean;
}

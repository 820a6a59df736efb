// How one RTSP session's packets reach the viewer; one implementation per way (interleaved in the connection, UDP).
import type { ReaderOutput } from "../../hub/stream.ts";
import type { TransportChoice } from "./transport-header.ts";

export interface SessionTransport extends Disposable {
  /** Agrees on a track, again if it is set up twice. Returns the Transport header of the answer, or undefined if this choice cannot be had. */
  setUp(track: number, choice: TransportChoice): string | undefined;
  /** Nothing more of this track is sent. */
  remove(track: number): void;
  /**
   * What the hub writes to. Until `release` everything is held back: media must not overtake the answer to PLAY.
   * `onEnd` hears when the hub is done with the reader.
   */
  open(onEnd: (reason: Error) => void): ReaderOutput;
  release(): void;
}

export interface TransportFactory {
  accepts(choice: TransportChoice): boolean;
  create(): SessionTransport;
}

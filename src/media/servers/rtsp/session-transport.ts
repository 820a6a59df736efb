// How one RTSP session's packets reach the viewer; one implementation per way (interleaved in the connection, UDP).
import type { ReaderOutput } from "../../hub/stream.ts";
import type { TransportChoice } from "./transport-header.ts";

/** What a transport hears from the other side while it is open. */
export interface TransportListener {
  /** The hub is done with the reader. */
  ended(reason: Error): void;
  /** The viewer has reported: it is still there. */
  alive(): void;
  /** The viewer wants no track of it any more. */
  left(): void;
}

export interface SessionTransport extends Disposable {
  /** It cannot outlive its connection, so the connection shows that the viewer is there; otherwise only what the viewer says. */
  readonly isPartOfConnection: boolean;
  accepts(choice: TransportChoice): boolean;
  /** Agrees on a track, again if it is set up twice. Returns the Transport header of the answer, or undefined if this choice cannot be had. */
  setUp(track: number, choice: TransportChoice): string | undefined;
  /** Nothing more of this track is sent. */
  remove(track: number): void;
  /** What the hub writes to. Until `release` everything is held back: media must not overtake the answer to PLAY. */
  open(listener: TransportListener): ReaderOutput;
  release(): void;
  /** Calls back when what was written has left, or leaves with the connection; not where the transport is disposed before. */
  whenSent(callback: () => void): void;
}

export interface TransportFactory {
  accepts(choice: TransportChoice): boolean;
  create(): SessionTransport;
}

// A stream as an engine uses it: it reads the media once, for all its own readers.
import type { Subscribable } from "../../../foundation/emitter.ts";
import type { Track } from "../../formats/track.ts";
import type { Stream, StreamLease, Viewer } from "../../hub/stream.ts";
import type { StreamStatus } from "../../hub/stream-status.ts";

export interface EngineLease extends StreamLease {
  readonly viewer: Viewer;
  /** It turns out who watches, or somebody else does now. */
  rename(viewer: Viewer): void;
  requestKeyFrame(): void;
}

export interface EngineStream extends Stream {
  lease(viewer: Viewer, described?: readonly Track[]): EngineLease;
  readonly status: StreamStatus;
  readonly statusChanged: Subscribable<StreamStatus>;
  turnOn(): void;
  turnOff(): void;
}

export interface EngineStreams {
  readonly streams: readonly EngineStream[];
  readonly streamsChanged: Subscribable<void>;
}

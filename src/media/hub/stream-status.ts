// What a stream shows of itself: an immutable picture, new at every change.
import type { Viewer } from "./stream.ts";

export type StreamState = "idle" | "starting" | "ready" | "closing" | "failed";

export interface ViewerStatus extends Viewer {
  /** Unix ms. */
  readonly since: number;
}

export interface StreamStatus {
  readonly path: string;
  readonly state: StreamState;
  /** Why it failed, ended by itself or could not be started; until the next start, or until what refused it is gone. `code` is that of the error. */
  readonly reason: { readonly code: string; readonly text: string } | undefined;
  readonly viewers: readonly ViewerStatus[];
  /** Unix ms of the start of the present activation. */
  readonly startedAt: number | undefined;
  /** Held by the switch. */
  readonly isManual: boolean;
  readonly isLocked: boolean;
}

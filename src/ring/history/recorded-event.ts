// An event in a camera's history, and its recording.
import type { SignedLink } from "./signed-link.ts";

export type RecordedEventKind = "motion" | "ding" | "on_demand";

export interface RecordedEvent {
  /** 19 digits, as text. */
  readonly eventId: string;
  readonly kind: RecordedEventKind;
  readonly isPerson: boolean;
  /** Unix ms. */
  readonly startedAt: number;
  /** `pending`: Ring is still working on it; `none`: there is no video, and there will be none. */
  readonly recording: "ready" | "pending" | "none";
  /** To the video; there is one exactly where the recording is ready. */
  readonly link: SignedLink | undefined;
}

export interface HistoryRequest {
  readonly kind: RecordedEventKind;
  /** Asked after each page: are these, newest first, enough? A few pages are read at most. */
  readonly isEnough: (events: readonly RecordedEvent[]) => boolean;
}

/** The recorded events of one camera. Requests reject with an AppError in plain words; they are made one at a time. */
export interface CameraHistory {
  /** Newest first. */
  list(request: HistoryRequest, signal: AbortSignal): Promise<readonly RecordedEvent[]>;
  /**
   * Orders Ring's own transcoding of a recording and waits until it is done; `onProgress` hears now and then for how long.
   * Rejects with TransientError `recording.transcoding` after a minute.
   */
  transcode(eventId: string, onProgress: (waitedMs: number) => void, signal: AbortSignal): Promise<SignedLink>;
}

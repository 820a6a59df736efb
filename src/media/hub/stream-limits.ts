// The times of a stream path, with their defaults.

export interface StreamLimits {
  /** From the last viewer's leaving to hanging up. */
  readonly graceMs: number;
  /** The longest manual ON. */
  readonly manualMs: number;
  /** How long a description waits for the camera's parameter sets. */
  readonly describeMs: number;
  /** A start that failed is tried again while less than this has passed since the first attempt. */
  readonly startRetryMs: number;
  /** One attempt to open the source may take so long. */
  readonly openMs: number;
  /** From the open source to its first key frame. */
  readonly keyFrameMs: number;
  /** A source that broke is started again within the same activation at most once in this time. */
  readonly restartEveryMs: number;
  /** After a failed start nobody is let in for so long. */
  readonly failedPauseMs: number;
  /** Hanging up may take so long before we go on without. */
  readonly closeMs: number;
}

export const defaultStreamLimits: StreamLimits = {
  graceMs: 7_000,
  manualMs: 24 * 3_600_000,
  describeMs: 2_500,
  startRetryMs: 10_000,
  openMs: 30_000,
  keyFrameMs: 20_000,
  restartEveryMs: 30_000,
  failedPauseMs: 2_000,
  closeMs: 5_000,
};

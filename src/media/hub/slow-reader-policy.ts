// Decides what a reader gets whose network does not keep up.

/** The smallest and the largest backlog that is borne; between them it is two seconds of the stream. */
const smallestLimitBytes = 256 * 1_024;
const largestLimitBytes = 2 * 1_024 * 1_024;
const limitMs = 2_000;
const patienceMs = 10_000;

export interface SlowReaderFacts {
  readonly pendingBytes: number;
  readonly limitBytes: number;
  /** It is being left out until the next key frame, because of its backlog. */
  readonly isSkipping: boolean;
  /** Since its backlog first was too large and has not shrunk to half the limit. */
  readonly slowForMs: number;
}

export type SlowReaderDecision = "send" | "skip" | "end";

export function decideSlowReader(facts: SlowReaderFacts): SlowReaderDecision {
  const isOver = facts.pendingBytes > (facts.isSkipping ? facts.limitBytes / 2 : facts.limitBytes);
  if (!isOver) return "send";
  return facts.slowForMs >= patienceMs ? "end" : "skip";
}

/** The backlog that a reader may have. 0 bits a second: not measured yet. */
export function backlogLimitBytes(bitsPerSecond: number): number {
  if (bitsPerSecond <= 0) return largestLimitBytes;
  return Math.min(Math.max((bitsPerSecond / 8) * (limitMs / 1_000), smallestLimitBytes), largestLimitBytes);
}

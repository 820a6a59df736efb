// The access units since the last key frame, kept for those who join: bounded, and never with a hole.
import type { VideoUnit } from "./media-unit.ts";

/** Beyond these it is given up; who joins then waits for the next key frame. */
const mostBytes = 8 * 1_024 * 1_024;
const mostUnits = 600;
const longestMs = 15_000;
/**
 * Beyond these a new key frame is wished for. Cameras send theirs every 4 to 10 s, and 0.3 s after one is asked for. Whoever watches
 * through go2rtc or MediaMTX cannot ask and waits for the next one.
 */
const manyBytes = mostBytes / 2;
const manyUnits = 200;
const longMs = 4_000;

/** A unit whose packets lie together in one piece of memory: a tenth of the objects, and no part of a larger buffer is held. */
interface KeptUnit {
  readonly unit: Omit<VideoUnit, "payloads">;
  /** Where each payload ends in `data`. */
  readonly ends: readonly number[];
  readonly data: Buffer;
}

export class GroupOfPictures {
  #units: KeptUnit[] = [];
  #bytes = 0;
  #startedAtMs = 0;

  /** The key frame that it begins with. */
  get keyFrame(): VideoUnit | undefined {
    const [first] = this.#units;
    return first && restore(first);
  }

  /** From the key frame on; empty while there is none that can be used. Made anew for each who asks. */
  get units(): readonly VideoUnit[] {
    return this.#units.map(restore);
  }

  /** A new key frame should replace it before it must be given up, or there is none. */
  needsKeyFrame(nowMs: number): boolean {
    const { length } = this.#units;
    return length === 0 || length > manyUnits || this.#bytes > manyBytes || this.ageMs(nowMs) > longMs;
  }

  /** How old the key frame is. */
  ageMs(nowMs: number): number {
    return nowMs - this.#startedAtMs;
  }

  add(unit: VideoUnit, nowMs: number): void {
    if (unit.isKeyFrame) {
      this.#units = [];
      this.#bytes = 0;
      this.#startedAtMs = nowMs;
    } else if (unit.followsLoss) this.clear();
    if (!unit.isKeyFrame && this.#units.length === 0) return;
    this.#units.push(keep(unit));
    this.#bytes += unit.payloadBytes;
    if (this.#units.length > mostUnits || this.#bytes > mostBytes || this.ageMs(nowMs) > longestMs) this.clear();
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}

function keep({ payloads, ...unit }: VideoUnit): KeptUnit {
  let end = 0;
  const ends = payloads.map((payload) => {
    end += payload.length;
    return end;
  });
  const data = Buffer.allocUnsafeSlow(end);
  for (const [index, payload] of payloads.entries()) payload.copy(data, (ends[index] ?? 0) - payload.length);
  return { unit, ends, data };
}

function restore({ unit, ends, data }: KeptUnit): VideoUnit {
  return { ...unit, payloads: ends.map((end, index) => data.subarray(ends[index - 1] ?? 0, end)) };
}

/**
 * Timestamps for units that are sent all at once: the last one keeps its own, the others move up so that they lie within
 * `windowTicks` before it, in the same proportions. Who plays them in time is at most that far behind.
 */
export function squeezedTimestamps(units: readonly VideoUnit[], windowTicks: number): number[] {
  const first = units.at(0)?.timestamp ?? 0;
  const last = units.at(-1)?.timestamp ?? 0;
  const scale = last - first > windowTicks ? windowTicks / (last - first) : 1;
  return units.map((unit) => last - Math.round((last - unit.timestamp) * scale));
}

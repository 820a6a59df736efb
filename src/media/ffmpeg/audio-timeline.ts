// Where audio packets stand in the endless stream that an encoder reads, and which time its output has.
import { timestampDistance, wrapTimestamp } from "../formats/rtp-arithmetic.ts";

const outputRate = 48_000;

export interface AudioTimelineOptions {
  /** Ticks a second of the input. */
  readonly inputRate: number;
  /** The shortest piece of silence that can be written, in ticks of the input. */
  readonly silenceStep: number;
  /** Gaps up to here are filled; beyond, and far backwards, the time is taken over as it is. */
  readonly longestGapMs: number;
}

export interface Placement {
  /** To be written before the packet, in ticks of the input. */
  readonly silenceTicks: number;
  /** The time jumped, too far to be filled. */
  readonly isJump: boolean;
}

/** From here on input written at `position` has `timestamp`. */
interface Anchor {
  readonly position: number;
  readonly timestamp: number;
}

export class AudioTimeline {
  readonly #options: AudioTimelineOptions;
  readonly #scale: number;
  readonly #anchors: Anchor[] = [];
  /** Ticks of the input written so far, and the time that comes next. */
  #written = 0;
  #expected = 0;

  constructor(options: AudioTimelineOptions) {
    this.#options = options;
    this.#scale = outputRate / options.inputRate;
  }

  /** Where a packet of `ticks` goes; undefined where its time has been written already and it is to be left out. */
  place(timestamp: number, ticks: number): Placement | undefined {
    const { inputRate, silenceStep, longestGapMs } = this.#options;
    const distance = timestampDistance(this.#expected, timestamp);
    const isJump = Math.abs(distance) > (longestGapMs / 1000) * inputRate;
    if (this.#anchors.length === 0 || isJump) {
      const isFirst = this.#anchors.length === 0;
      this.#anchors.push({ position: this.#written, timestamp });
      this.#expected = timestamp;
      this.#advance(ticks);
      return { silenceTicks: 0, isJump: !isFirst };
    }
    if (distance <= -ticks) return undefined;
    // What is less than a step stays as a difference until it has grown to one.
    const silenceTicks = distance > 0 ? distance - (distance % silenceStep) : 0;
    this.#advance(silenceTicks + ticks);
    return { silenceTicks, isJump: false };
  }

  /** The time of output that starts at this sample of 48 kHz, counted from the first packet. Asked in ascending order. */
  timestampAt(position: number): number {
    while (this.#anchors.length > 1 && (this.#anchors[1]?.position ?? 0) * this.#scale <= position)
      this.#anchors.shift();
    const anchor = this.#anchors[0] ?? { position: 0, timestamp: 0 };
    return wrapTimestamp(anchor.timestamp * this.#scale + position - anchor.position * this.#scale);
  }

  #advance(ticks: number): void {
    this.#written += ticks;
    this.#expected = wrapTimestamp(this.#expected + ticks);
  }
}

// What arrives from a source, counted cheaply: for diagnostics.

const windowTicks = 5;

/** A picture of the present; rates are means over the last seconds. */
export interface ReceivedMedia {
  readonly videoCodec: "h264" | undefined;
  readonly profileLevelId: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fps: number;
  readonly bitsPerSecond: number;
  readonly audioCodec: "opus" | "pcmu" | undefined;
  readonly packets: number;
  /** Packets of both tracks that never came. */
  readonly packetsLost: number;
}

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly frames: number;
}

/** Counters that only grow, and their growth over the last ticks. */
export class ReceivedCounter {
  packets = 0;
  bytes = 0;
  frames = 0;
  #samples: Sample[] = [];

  /** Once a second. */
  tick(nowMs: number): void {
    this.#samples.push({ atMs: nowMs, bytes: this.bytes, frames: this.frames });
    if (this.#samples.length > windowTicks + 1) this.#samples.shift();
  }

  /** The source is gone: rates start anew. */
  restart(): void {
    this.#samples = [];
  }

  get fps(): number {
    return Math.round(this.#rate("frames") * 10) / 10;
  }

  get bitsPerSecond(): number {
    return Math.round(this.#rate("bytes") * 8);
  }

  #rate(key: "bytes" | "frames"): number {
    const oldest = this.#samples.at(0);
    const newest = this.#samples.at(-1);
    if (!oldest || !newest || newest.atMs <= oldest.atMs) return 0;
    return ((newest[key] - oldest[key]) * 1_000) / (newest.atMs - oldest.atMs);
  }
}

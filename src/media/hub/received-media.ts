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
  #fps = 0;
  #bitsPerSecond = 0;

  /** Once a second. */
  tick(nowMs: number): void {
    this.#samples.push({ atMs: nowMs, bytes: this.bytes, frames: this.frames });
    if (this.#samples.length > windowTicks + 1) this.#samples.shift();
    const [oldest] = this.#samples;
    if (!oldest || nowMs <= oldest.atMs) return;
    const seconds = (nowMs - oldest.atMs) / 1_000;
    this.#fps = Math.round(((this.frames - oldest.frames) / seconds) * 10) / 10;
    this.#bitsPerSecond = Math.round(((this.bytes - oldest.bytes) / seconds) * 8);
  }

  /** The source is gone; what it had at the end stays, until another one is measured. */
  restart(): void {
    this.#samples = [];
  }

  get fps(): number {
    return this.#fps;
  }

  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }
}

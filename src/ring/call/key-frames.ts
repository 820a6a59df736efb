// Asks the camera for key frames: at the start until one has come, later when somebody wishes, never too often.
import type { Clock } from "../../foundation/clock.ts";

export interface KeyFramesOptions {
  readonly clock: Clock;
  /** Sends a picture loss indication. */
  readonly ask: () => void;
  readonly spacingMs: number;
  /** At the start, until the first one. */
  readonly repeatMs: number;
}

export class KeyFrames implements Disposable {
  readonly #options: KeyFramesOptions;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pending: Disposable | undefined;
  #hasMedia = false;
  #hasKeyFrame = false;
  #isOver = false;

  constructor(options: KeyFramesOptions) {
    this.#options = options;
  }

  /** Now, or as soon as the last request is long enough ago; wishes in between are one. */
  request(): void {
    if (this.#isOver || !this.#hasMedia) return;
    const { clock, spacingMs } = this.#options;
    const waitMs = this.#askedAt + spacingMs - clock.monotonic();
    if (waitMs <= 0) this.#ask();
    else this.#schedule(waitMs);
  }

  /** For every video packet in order. */
  packet(payload: Buffer): void {
    if (this.#hasKeyFrame) return;
    if (isKeyFrame(payload)) {
      this.#hasKeyFrame = true;
      this.#cancel();
    } else if (!this.#hasMedia) {
      this.#hasMedia = true;
      this.#ask();
    }
    this.#hasMedia = true;
  }

  get hasKeyFrame(): boolean {
    return this.#hasKeyFrame;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancel();
  }

  #ask(): void {
    this.#cancel();
    this.#askedAt = this.#options.clock.monotonic();
    this.#options.ask();
    if (!this.#hasKeyFrame) this.#schedule(this.#options.repeatMs);
  }

  #schedule(waitMs: number): void {
    this.#cancel();
    this.#pending = this.#options.clock.after(waitMs, () => this.#ask());
  }

  #cancel(): void {
    this.#pending?.[Symbol.dispose]();
    this.#pending = undefined;
  }
}

const idr = 5;
const sps = 7;
const stapA = 24;
const fuA = 28;

/** Whether an H.264 RTP payload begins a key frame: a picture that stands alone, or its parameter sets. */
export function isKeyFrame(payload: Buffer): boolean {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === fuA) return ((payload[1] ?? 0) & 0x9f) === (0x80 | idr);
  if (type !== stapA) return type === idr || type === sps;
  for (let at = 1; at + 2 < payload.length; at += 2 + payload.readUInt16BE(at)) {
    const inner = (payload[at + 2] ?? 0) & 0x1f;
    if (inner === idr || inner === sps) return true;
  }
  return false;
}

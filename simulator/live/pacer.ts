// The beat of all live media: tells each listener when a frame or a sound packet of the endless sequence is due.
import { audioPacketMs, frameMs } from "../media/live-format.ts";
import type { MediaClock } from "./rtp-stream.ts";

export interface PacedListener {
  /** Frame `frame` since the cloud started is due; its media time is `mediaMs`. */
  onFrame?(frame: number, mediaMs: number): void;
  onAudioPacket?(packet: number, mediaMs: number): void;
}

/** After a pause longer than this (the process was stopped, say) what was missed is left out. */
const longestCatchUpMs = 1000;

/** One timer, only while somebody listens; what is due is computed from the start, so that nothing drifts. */
export class LivePacer implements MediaClock {
  readonly #startMs = performance.now();
  readonly originUnixMs = performance.timeOrigin + this.#startMs;
  readonly #listeners = new Set<PacedListener>();
  #timer: NodeJS.Timeout | undefined;
  #nextFrame = 0;
  #nextPacket = 0;

  nowMs(): number {
    return performance.now() - this.#startMs;
  }

  add(listener: PacedListener): () => void {
    this.#listeners.add(listener);
    if (!this.#timer) this.#resume();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #resume(): void {
    this.#skipTo(this.nowMs());
    this.#schedule();
  }

  #skipTo(mediaMs: number): void {
    this.#nextFrame = Math.ceil(mediaMs / frameMs);
    this.#nextPacket = Math.ceil(mediaMs / audioPacketMs);
  }

  #schedule(): void {
    const dueMs = Math.min(this.#nextFrame * frameMs, this.#nextPacket * audioPacketMs);
    this.#timer = setTimeout(() => this.#beat(), Math.max(0, Math.ceil(dueMs - this.nowMs())));
  }

  #beat(): void {
    const nowMs = this.nowMs();
    if (nowMs - this.#nextPacket * audioPacketMs > longestCatchUpMs) this.#skipTo(nowMs);
    while (this.#nextPacket * audioPacketMs <= nowMs) this.#tellPacket(this.#nextPacket++);
    while (this.#nextFrame * frameMs <= nowMs) this.#tellFrame(this.#nextFrame++);
    if (this.#listeners.size > 0) this.#schedule();
  }

  #tellPacket(packet: number): void {
    for (const listener of [...this.#listeners]) listener.onAudioPacket?.(packet, packet * audioPacketMs);
  }

  #tellFrame(frame: number): void {
    for (const listener of [...this.#listeners]) listener.onFrame?.(frame, frame * frameMs);
  }
}

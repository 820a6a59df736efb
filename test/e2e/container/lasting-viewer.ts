// A player that somebody leaves running: it asks again whenever its stream ends.
import { setTimeout as pause } from "node:timers/promises";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { until } from "../../support/until.ts";
import { type ReadFrame, VideoReader } from "../../support/video-reader.ts";

/** As recorders do, not to take a server by storm. */
const pauseMs = 500;

export class LastingViewer implements AsyncDisposable {
  readonly #url: string;
  readonly #watched: VideoReader[] = [];
  readonly #watching: Promise<void>;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
    this.#watching = this.#watch();
  }

  /** The first picture that comes later than that. */
  frameAfter(unixMs: number, { timeoutMs = 30_000 } = {}): Promise<ReadFrame> {
    const look = (): ReadFrame | undefined =>
      this.#watched.flatMap(({ frames }) => frames).find(({ at, number }) => at > unixMs && number !== undefined);
    return until("a picture", look, { timeoutMs });
  }

  /** Any picture from now on. */
  nextFrame(): Promise<ReadFrame> {
    return this.frameAfter(monotonicUnixMs());
  }

  /** How often it had to ask so far. */
  get requests(): number {
    return this.#watched.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#watched.at(-1)?.stop();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const reader = new VideoReader(this.#url);
      this.#watched.push(reader);
      await reader.ended;
      if (!this.#isOver) await pause(pauseMs);
    }
  }
}

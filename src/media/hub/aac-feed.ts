// The AAC track of a stream: a transcoder that runs only while somebody wants it, and its frames as units on the source's timeline.
import { composeSignals, StopError } from "../../foundation/abort.ts";
import type { Clock } from "../../foundation/clock.ts";
import { PermanentError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { aacPayload, largestAacFrameBytes } from "../formats/aac-payload.ts";
import { extendTimestamp, wrapSequence, wrapTimestamp } from "../formats/rtp-arithmetic.ts";
import type { AudioTranscoder, AudioTranscoderFactory } from "./audio-transcoder.ts";
import type { MediaUnit } from "./media-unit.ts";

const aacRate = 48_000;
const graceMs = 5_000;
const pauseAfterFailureMs = 5_000;

export interface AacFeedOptions {
  readonly factory: AudioTranscoderFactory | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onUnit: (unit: MediaUnit) => void;
}

interface Run {
  readonly codec: "opus" | "pcmu";
  readonly controller: AbortController;
  readonly transcoder: AudioTranscoder;
}

export class AacFeed {
  readonly #options: AacFeedOptions;
  readonly #endings = new Set<Promise<void>>();
  #run: Run | undefined;
  #isWanted = false;
  #grace: Disposable | undefined;
  #isHopeless = false;
  #hasComplained = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #newestInput = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #index = 0;

  constructor(options: AacFeedOptions) {
    this.#options = options;
  }

  /** Somebody plays the AAC track, or nobody does any more: then the transcoder ends a moment later. */
  setWanted(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#grace?.[Symbol.dispose]();
    this.#grace = isWanted ? undefined : this.#options.clock.after(graceMs, () => this.stop());
    if (isWanted && !this.#options.factory) this.#giveUp("there is no transcoder", undefined);
  }

  /** One unit of the source. */
  write(codec: "opus" | "pcmu", unit: MediaUnit): void {
    if (this.#run && this.#run.codec !== codec) this.stop();
    this.#newestInput = unit.timestamp * ticksPerInput(codec);
    if (!this.#run && this.#isWanted) this.#start(codec);
    if (!this.#run) return;
    this.#run.transcoder.write({
      payloadType: 0,
      sequenceNumber: wrapSequence(unit.indexes[0] ?? 0),
      timestamp: wrapTimestamp(unit.timestamp),
      marker: unit.marker,
      payload: unit.payloads[0] ?? Buffer.alloc(0),
    });
  }

  /** Ends the transcoder; the next packet starts one again if somebody wants it. */
  stop(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    run.controller.abort(new StopError("closed"));
    const ending = this.#over(run).finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  /** A new activation of the stream, with a timeline of its own. */
  reset(): void {
    this.stop();
    this.#isHopeless = false;
    this.#newest = Number.NEGATIVE_INFINITY;
  }

  /** Ends it for good and waits until it is over. */
  async close(): Promise<void> {
    this.#isHopeless = true;
    this.#grace?.[Symbol.dispose]();
    this.stop();
    await Promise.all(this.#endings);
  }

  #start(codec: "opus" | "pcmu"): void {
    const { factory, clock, signal } = this.#options;
    if (!factory || this.#isHopeless || clock.monotonic() < this.#notBeforeMs) return;
    const controller = new AbortController();
    try {
      const onFrame = (frame: Buffer, timestamp: number): void => {
        if (this.#run?.controller === controller) this.#emit(frame, timestamp);
      };
      const transcoder = factory(codec, onFrame, composeSignals(controller.signal, signal));
      const run = { codec, controller, transcoder };
      this.#run = run;
      void transcoder.ended.then((error) => this.#ended(run, error));
    } catch (error) {
      this.#giveUp("it cannot be started", error);
    }
  }

  #ended(run: Run, error: Error | undefined): void {
    if (this.#run !== run) return;
    this.stop();
    if (error instanceof PermanentError) {
      this.#giveUp("it cannot run", error);
      return;
    }
    this.#notBeforeMs = this.#options.clock.monotonic() + pauseAfterFailureMs;
    this.#options.logger.warn("The AAC transcoder ended; starting it again soon", error);
  }

  async #over(run: Run): Promise<void> {
    try {
      await run.transcoder[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.logger.debug("The AAC transcoder did not end cleanly", error);
    }
  }

  #giveUp(why: string, error: unknown): void {
    this.#isHopeless = true;
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#options.logger.warn(`No AAC audio: ${why}. The AAC track stays silent; install FFmpeg to hear it`, error);
  }

  #emit(frame: Buffer, timestamp: number): void {
    const extended = extendTimestamp(this.#newestInput, timestamp);
    if (extended <= this.#newest || frame.length > largestAacFrameBytes) return;
    this.#newest = extended;
    const payload = aacPayload(frame);
    this.#options.onUnit({
      payloads: [payload],
      indexes: [this.#index++],
      timestamp: extended,
      marker: true,
      payloadBytes: payload.length,
    });
  }
}

/** Ticks of 48 kHz in one tick of the source's audio. */
export function ticksPerInput(codec: "opus" | "pcmu"): number {
  return codec === "opus" ? 1 : aacRate / 8_000;
}

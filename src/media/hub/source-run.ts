// One activation of a stream: opens its source, tries again where that fails, restarts it where it breaks, hangs up at the end.
import { abortable, aborted, composeSignals, StopError } from "../../foundation/abort.ts";
import type { Clock } from "../../foundation/clock.ts";
import { withDeadline } from "../../foundation/deadline.ts";
import { PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { retry } from "../../foundation/retry.ts";
import type { StreamRefusedError } from "../errors.ts";
import type { MediaSession, MediaSource } from "./media-source.ts";
import { decideAfterSourceEnd, isHangUp, mayTryAgain, type SourceEndDecision } from "./restart-policy.ts";
import type { StreamLimits } from "./stream-limits.ts";
import type { SourceEntrance, StreamMedia } from "./stream-media.ts";

const backoff = { firstMs: 300, longestMs: 1_000, jitter: 0.2 };

/** Why it is over. `stopped`: by us; `finish` and `limit`: by the source, nothing is wrong; `refuse`: it broke and may not start again. */
export interface RunOutcome {
  readonly kind: "stopped" | "finish" | "limit" | "refuse" | "fail";
  readonly error: Error | undefined;
}

export interface SourceRunOptions {
  readonly source: MediaSource;
  readonly media: StreamMedia;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: StreamLimits;
  readonly hasViewers: () => boolean;
  /** Why a source that broke may not be started again for those who watch; undefined: it may. */
  readonly restartRefusal: () => StreamRefusedError | undefined;
  /** It is started again. */
  readonly onRestart: () => void;
  readonly onState: (state: "starting" | "ready") => void;
  /** It is decided that it is over; hanging up follows. */
  readonly onOutcome: (outcome: RunOutcome) => void;
}

export class SourceRun {
  readonly #options: SourceRunOptions;
  readonly #controller = new AbortController();
  #session: MediaSession | undefined;
  #entrance: SourceEntrance | undefined;
  #restartedAtMs: number | undefined;
  /** Resolves when the source has been hung up. Never rejects. */
  readonly over: Promise<void>;

  constructor(options: SourceRunOptions) {
    this.#options = options;
    this.over = Promise.resolve().then(() => this.#run());
  }

  close(): void {
    this.#controller.abort(new StopError("closed"));
  }

  requestKeyFrame(): void {
    this.#session?.requestKeyFrame();
  }

  async #run(): Promise<void> {
    const outcome = await this.#untilOver();
    this.#entrance?.close();
    this.#options.onOutcome(outcome);
    await this.#hangUp();
  }

  async #untilOver(): Promise<RunOutcome> {
    const { signal } = this.#controller;
    try {
      for (;;) {
        const session = await this.#start();
        this.#enter("ready");
        const error = await Promise.race([session.ended, aborted(signal)]);
        if (signal.aborted) return { kind: "stopped", error: undefined };
        const refusal = this.#options.restartRefusal();
        const decision = this.#decide(error ?? undefined, refusal);
        if (decision === "refuse") return { kind: decision, error: refusal };
        if (decision !== "restart") return { kind: decision, error: error ?? undefined };
        this.#options.logger.warn("The camera's stream broke off; starting it again", error);
        this.#restartedAtMs = this.#options.clock.monotonic();
        this.#options.onRestart();
        await this.#hangUp();
      }
    } catch (error) {
      if (signal.aborted) return { kind: "stopped", error: undefined };
      return {
        kind: "fail",
        error: error instanceof Error ? error : new TransientError("stream.start", String(error)),
      };
    }
  }

  /** Who has been told to end does not even seem to begin once more. */
  #enter(state: "starting" | "ready"): void {
    this.#controller.signal.throwIfAborted();
    this.#options.onState(state);
  }

  #decide(error: Error | undefined, refusal: StreamRefusedError | undefined): SourceEndDecision {
    const { clock, limits, hasViewers } = this.#options;
    return decideAfterSourceEnd({
      error,
      hasViewers: hasViewers(),
      sinceRestartMs: this.#restartedAtMs === undefined ? undefined : clock.monotonic() - this.#restartedAtMs,
      restartEveryMs: limits.restartEveryMs,
      refusal: refusal?.refusal,
    });
  }

  /** Opens the source until its first key frame has come; a few failures in a row are one start. */
  async #start(): Promise<MediaSession> {
    const { clock, limits, logger } = this.#options;
    this.#enter("starting");
    let refusal: unknown;
    let hangUps = 0;
    const attempt = async (): Promise<MediaSession> => {
      try {
        return await this.#attempt();
      } catch (error) {
        await this.#hangUp();
        refusal = error;
        if (isHangUp(error)) hangUps++;
        if (mayTryAgain(error, hangUps)) throw error;
        throw new PermanentError("stream.start", "the source cannot be started", { cause: error });
      }
    };
    try {
      return await retry(attempt, {
        clock,
        backoff,
        signal: this.#controller.signal,
        withinMs: limits.startRetryMs,
        onFailure: (error, number) => logger.debug(`Start attempt ${number} failed`, error),
      });
    } catch (error) {
      throw this.#controller.signal.aborted ? error : (refusal ?? error);
    }
  }

  async #attempt(): Promise<MediaSession> {
    const { source, media, clock, limits } = this.#options;
    const entrance = media.openEntrance();
    this.#entrance = entrance;
    this.#session = await withDeadline(
      "the start of the camera's stream",
      limits.openMs,
      clock,
      (signal) => openOwned(source, entrance, signal),
      this.#controller.signal,
    );
    const session = this.#session;
    const started = Promise.race([entrance.keyFrameSeen, session.ended.then(endedTooSoon)]);
    await this.#untilKeyFrame(started);
    return session;
  }

  async #untilKeyFrame(started: Promise<void>): Promise<void> {
    const { clock, limits } = this.#options;
    const controller = new AbortController();
    using _patience = clock.after(limits.keyFrameMs, () => {
      const seconds = Math.round(limits.keyFrameMs / 1_000);
      const text = `The camera sends video, but no key frame within ${seconds} s: nothing can be shown`;
      controller.abort(new TransientError("stream.no-key-frame", text));
    });
    await abortable(started, composeSignals(controller.signal, this.#controller.signal));
  }

  async #hangUp(): Promise<void> {
    const { clock, limits, logger } = this.#options;
    this.#entrance?.close();
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    try {
      session.close();
      const over = async (): Promise<void> => await session[Symbol.asyncDispose]();
      await withDeadline("hanging up", limits.closeMs, clock, over);
    } catch (error) {
      logger.warn("The camera's stream did not end cleanly", error);
    }
  }
}

/** A session that comes after we stopped waiting is hung up at once. */
async function openOwned(source: MediaSource, entrance: SourceEntrance, signal: AbortSignal): Promise<MediaSession> {
  const session = await source.open(entrance.sink, signal);
  if (signal.aborted) session.close();
  return session;
}

function endedTooSoon(error: Error | undefined): never {
  throw error ?? new TransientError("stream.no-media", "The camera ended its stream before the first picture");
}

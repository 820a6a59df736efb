// A live call to one camera, from the ticket to the hang-up: every step watched, every failure named, nothing left open.
import type { RingCamera as LibraryCamera } from "ring-client-api";
import { abortable, onAbort } from "../../foundation/abort.ts";
import { type Clock, delay } from "../../foundation/clock.ts";
import { withDeadline } from "../../foundation/deadline.ts";
import { type AppError, errorText, PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { statusOf } from "../errors.ts";
import type { LiveCall, LiveCallSink } from "../live-call-types.ts";
import { readAnswer } from "./call-answer.ts";
import {
  type CallLimits,
  type CallStep,
  closeError,
  stepError,
  stepLimitMs,
  unagreedCodec,
  usualLimits,
} from "./call-limits.ts";
import { CallMedia } from "./call-media.ts";
import { CallPeer, type LinkState } from "./call-peer.ts";
import { CallSignalling } from "./call-signalling.ts";

export type { CallLimits } from "./call-limits.ts";

export interface LiveCallOptions {
  /** For error texts. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Partial<CallLimits> | undefined;
  readonly signal: AbortSignal;
}

/** Resolves when Ring has answered. Rejects with `call.*`, or with the abort reason; nothing is left open then. */
export async function openLiveCall(
  camera: LibraryCamera,
  sink: LiveCallSink,
  options: LiveCallOptions,
): Promise<LiveCall> {
  options.signal.throwIfAborted();
  const call = new RingCall(sink, options);
  try {
    await call.open(camera);
    return call;
  } catch (error) {
    call.close();
    options.signal.throwIfAborted();
    throw error;
  }
}

class RingCall implements LiveCall {
  readonly ended: Promise<Error | undefined>;
  readonly #options: LiveCallOptions;
  readonly #limits: CallLimits;
  readonly #peer: CallPeer;
  readonly #media: CallMedia;
  readonly #answered = Promise.withResolvers<void>();
  readonly #endedBy = Promise.withResolvers<Error | undefined>();
  readonly #startedAt: number;
  readonly #abort: Disposable;
  #signalling: CallSignalling | undefined;
  /** While the ticket is on its way nobody can hang up yet. */
  #pendingSignalling: Promise<unknown> = Promise.resolve();
  #step: CallStep = "signalling";
  #watch: Disposable | undefined;
  #isOver = false;

  constructor(sink: LiveCallSink, options: LiveCallOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#startedAt = clock.monotonic();
    this.ended = this.#endedBy.promise;
    this.#peer = new CallPeer(
      {
        onLink: (state) => this.#linkChanged(state),
        onRtp: (kind, packet) => this.#media.rtp(kind, packet),
        onRtcp: (kind, packet) => this.#media.rtcp(kind, packet),
      },
      logger,
    );
    this.#media = new CallMedia({
      sink,
      clock,
      keyFrameSpacingMs: this.#limits.keyFrameSpacingMs,
      keyFrameRepeatMs: this.#limits.keyFrameRepeatMs,
      askForKeyFrame: () => this.#peer.askForKeyFrame(),
      askForPackets: (lost) => this.#peer.askForPackets(lost),
      report: (kind, report) => this.#peer.report(kind, report),
      onVideoSource: (ssrc) => {
        this.#peer.videoSsrc = ssrc;
      },
      onFirstVideo: () => this.#enter("media"),
      onH265: () => this.#end(unagreedCodec(options.name)),
    });
    this.#answered.promise.catch(() => undefined);
    this.#abort = onAbort(options.signal, () => this.close());
  }

  async open(camera: LibraryCamera): Promise<void> {
    const { clock, signal } = this.#options;
    const starting = CallSignalling.start(camera, {
      offer: () => this.#peer.offer,
      candidates: this.#peer.candidates,
      onOpen: () => this.#enter("answer"),
      onAnswer: (sdp) => this.#accept(sdp),
      onCandidate: (candidate, index) => this.#peer.addCandidate(candidate, index),
      onClose: (code, text) => this.#end(closeError(this.#options.name, code, text)),
      onEnd: () => this.#signallingEnded(),
    });
    // A ticket that comes when nobody wants it any more: hung up as soon as that is possible.
    this.#pendingSignalling = starting.then(
      (signalling) => {
        if (this.#isOver) signalling.hangUp();
      },
      () => undefined,
    );
    try {
      this.#signalling = await withDeadline("Ring's ticket", this.#limits.ticketMs, clock, () => starting, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#ticketError(error);
    }
    this.#said("ticket");
    if (this.#step === "signalling") this.#enter("signalling");
    await abortable(this.#answered.promise, signal);
  }

  requestKeyFrame(): void {
    this.#media.requestKeyFrame();
  }

  close(): void {
    this.#end(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    const { clock } = this.#options;
    const gone = this.#pendingSignalling.then(async () => await this.#signalling?.closed);
    const timer = new AbortController();
    const late = delay(clock, this.#limits.hangUpMs, timer.signal).catch(() => undefined);
    await Promise.race([Promise.all([gone, this.#peer.close()]), late]);
    timer.abort();
  }

  /** The next step, and its time. */
  #enter(step: CallStep): void {
    if (this.#isOver) return;
    this.#said(step);
    this.#step = step;
    this.#watchFor(stepLimitMs(step, this.#limits));
  }

  #watchFor(waitMs: number): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = this.#options.clock.after(waitMs, () => this.#timeIsUp());
  }

  #timeIsUp(): void {
    const lastVideoAt = this.#media.lastVideoAt;
    if (this.#step === "media" && lastVideoAt !== undefined) {
      const leftMs = lastVideoAt + this.#limits.mediaStallMs - this.#options.clock.monotonic();
      if (leftMs > 0) {
        this.#watchFor(leftMs);
        return;
      }
    }
    this.#end(stepError(this.#step, this.#options.name));
  }

  /** Called by the library; the call may be over when it returns. */
  #accept(sdp: string): void {
    if (this.#isOver) return;
    try {
      const answer = readAnswer(sdp, this.#options.name);
      this.#media.begin(answer);
      this.#enter("ice");
      this.#peer.acceptAnswer(answer.sdp).catch((cause: unknown) => this.#end(this.#answerError(cause)));
      this.#answered.resolve();
    } catch (error) {
      this.#end(error instanceof PermanentError ? error : this.#answerError(error));
    }
  }

  #linkChanged(state: LinkState): void {
    if (this.#isOver) return;
    if (state === "failed") this.#end(stepError(this.#step, this.#options.name));
    // One time for both: it began at the answer.
    else if (state === "dtls" && this.#step === "ice") {
      this.#step = "dtls";
      this.#said("dtls");
    } else if (state === "connected" && (this.#step === "ice" || this.#step === "dtls")) this.#enter("first-packet");
  }

  /** The library ended the call without a word of Ring. */
  #signallingEnded(): void {
    const { name } = this.#options;
    const text = `${name}: the connection to Ring's signalling server broke`;
    this.#end(
      this.#step === "signalling" ? stepError("signalling", name) : new TransientError("call.signalling", text),
    );
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#said(error ? `over: ${errorText(error)}` : "hung up");
    this.#watch?.[Symbol.dispose]();
    this.#abort[Symbol.dispose]();
    this.#media[Symbol.dispose]();
    this.#signalling?.hangUp();
    void this.#peer.close();
    this.#answered.reject(error ?? new TransientError("call.closed", `${this.#options.name}: the call was given up`));
    this.#endedBy.resolve(error);
  }

  #answerError(cause: unknown): AppError {
    return new TransientError("call.answer", `${this.#options.name}: Ring's answer cannot be used`, { cause });
  }

  #ticketError(cause: unknown): Error {
    const { name } = this.#options;
    const status = statusOf(cause);
    if (status === 403 || status === 404) {
      const hint = "live view may be switched off for it in the Ring app";
      return new PermanentError("call.ticket", `${name}: Ring gives no ticket for a call (${status}); ${hint}`, {
        cause,
      });
    }
    return new TransientError("call.ticket", `${name}: Ring gave no ticket for a call`, { cause });
  }

  #said(what: string): void {
    this.#options.logger.debug(() => `${what} at ${Math.round(this.#options.clock.monotonic() - this.#startedAt)} ms`);
  }
}

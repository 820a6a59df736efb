// One stream: starts its source when somebody wants it, describes and serves it, and hangs up when nobody is left.
import { onAbort } from "../../foundation/abort.ts";
import { every } from "../../foundation/clock.ts";
import { Emitter, type Subscribable } from "../../foundation/emitter.ts";
import { AppError, errorText } from "../../foundation/errors.ts";
import { StreamEndedError, StreamRefusedError } from "../errors.ts";
import type { Track } from "../formats/track.ts";
import { StreamGovernor } from "./governor.ts";
import type { HubReader } from "./hub-reader.ts";
import type { KeyFrame } from "./key-frame.ts";
import { LeaseSet } from "./lease-set.ts";
import { playedTracks } from "./played-tracks.ts";
import type { ReceivedMedia } from "./received-media.ts";
import { viewersError } from "./restart-policy.ts";
import { ShownReason } from "./shown-reason.ts";
import { type RunOutcome, SourceRun } from "./source-run.ts";
import type { ReaderOutput, Stream, Viewer } from "./stream.ts";
import { StreamDescription } from "./stream-description.ts";
import { ViewerLease } from "./stream-lease.ts";
import { defaultStreamLimits, type StreamLimits } from "./stream-limits.ts";
import { StreamMedia } from "./stream-media.ts";
import type { StreamPathOptions } from "./stream-path-options.ts";
import type { StreamState, StreamStatus } from "./stream-status.ts";

const tickMs = 1_000;
const manualViewer: Viewer = { kind: "manual", address: "", userAgent: "" };

export class StreamPath implements Stream, AsyncDisposable {
  readonly path: string;
  readonly #options: StreamPathOptions;
  readonly #limits: StreamLimits;
  readonly #governor: StreamGovernor;
  readonly #media: StreamMedia;
  readonly #description: StreamDescription;
  readonly #leases: LeaseSet;
  readonly #changed: Emitter<StreamStatus>;
  readonly #reason: ShownReason;
  #state: StreamState = "idle";
  #startedAt: number | undefined;
  #run: SourceRun | undefined;
  #runOver: Promise<void> = Promise.resolve();
  /** The present run has been told to end, or has ended. */
  #isRunEnding = false;
  /** The governor has been told of the start, and not yet of the end. */
  #isActive = false;
  #grace: Disposable | undefined;
  #manual: { readonly lease: ViewerLease; readonly timer: Disposable } | undefined;
  #closed: Promise<void> | undefined;
  readonly #abort: Disposable;

  constructor(options: StreamPathOptions) {
    const { path, clock, logger, signal } = options;
    this.path = path;
    this.#options = options;
    this.#limits = { ...defaultStreamLimits, ...options.limits };
    this.#governor = options.governor ?? new StreamGovernor({ clock });
    this.#leases = new LeaseSet(clock);
    this.#changed = new Emitter((error) => logger.error(`A listener of ${path} broke`, error));
    this.#media = new StreamMedia({
      transcoder: options.transcoder,
      clock,
      logger,
      signal,
      requestKeyFrame: () => this.#run?.requestKeyFrame(),
      onKnown: () => this.#tracksKnown(),
    });
    this.#description = new StreamDescription({
      ...options,
      media: this.#media,
      isRunning: () => this.#run !== undefined,
      canMakeAac: options.transcoder !== undefined,
      limitMs: this.#limits.describeMs,
    });
    this.#reason = new ShownReason({
      clock,
      refusal: (viewer) => this.#governor.refusal(viewer, false),
      onGone: () => this.#reasonGone(),
    });
    this.#abort = onAbort(signal, () => void this[Symbol.asyncDispose]());
  }

  get status(): StreamStatus {
    return Object.freeze({
      path: this.path,
      state: this.#state,
      reason: this.#reason.value,
      viewers: this.#leases.statuses,
      startedAt: this.#startedAt,
      isManual: this.#manual !== undefined,
      isLocked: this.#governor.isLocked,
    });
  }

  /** Called at once at every change, with the new status. */
  get statusChanged(): Subscribable<StreamStatus> {
    return this.#changed;
  }

  /** What arrives from the source; undefined while there is none. */
  get received(): ReceivedMedia | undefined {
    return this.#run ? this.#media.received : undefined;
  }

  /** The newest picture that can be decoded alone; undefined while there is none. */
  get lastKeyFrame(): KeyFrame | undefined {
    return this.#run ? this.#media.lastKeyFrame : undefined;
  }

  async describe(viewer: Viewer, signal: AbortSignal): Promise<readonly Track[]> {
    signal.throwIfAborted();
    this.#admit(viewer);
    if (this.#description.isKnown) return this.#description.tracks;
    using lease = this.#enter(viewer, undefined);
    await this.#description.wait(lease.ended, signal);
    return this.#description.tracks;
  }

  lease(viewer: Viewer, described?: readonly Track[]): ViewerLease {
    return this.#enter(viewer, described ?? this.#description.tracks);
  }

  /** The switch: holds the source without any client, for at most a day. Throws StreamRefusedError as `lease` does. */
  turnOn(): void {
    if (this.#manual) return;
    const lease = this.#enter(manualViewer, undefined);
    const timer = this.#options.clock.after(this.#limits.manualMs, () => lease[Symbol.dispose]());
    this.#manual = { lease, timer };
    this.#emitStatus();
  }

  /** Ends it now, for everybody. */
  turnOff(): void {
    this.#leases.endAll(new StreamEndedError("off", "The stream was switched off"));
    this.#stopRun();
  }

  /** A lock lets nobody in; a stream that runs goes on for those who watch, as long as it does not break. */
  setLocked(isLocked: boolean): void {
    if (isLocked === this.#governor.isLocked) return;
    this.#governor.setLocked(isLocked);
    this.#reason.reconsider();
    this.#emitStatus();
  }

  /** What is known of the camera has changed: what refused the last start may be gone. */
  cameraChanged(): void {
    this.#reason.reconsider();
  }

  /** It stands for something else now: how earlier starts ended says nothing about the next one. */
  forget(): void {
    this.#governor.forget();
    if (!this.#reason.value) return;
    this.#reason.clear();
    this.#reasonGone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    // Not now: an abort may have called us before the constructor is done.
    await Promise.resolve();
    this.#abort[Symbol.dispose]();
    this.#reason[Symbol.dispose]();
    this.#leases.endAll(new StreamEndedError("shutdown", "Belfry is shutting down"));
    this.#stopRun();
    await this.#runOver;
    await this.#media.close();
  }

  #admit(viewer: Viewer): void {
    if (this.#closed) throw new StreamRefusedError("offline", "The stream is being closed");
    const refusal = this.#governor.refusal(viewer, this.#run !== undefined && !this.#isRunEnding);
    if (!refusal) return;
    if (!this.#run && refusal.refusal !== "failed") this.#showRefusal(refusal, viewer);
    throw refusal;
  }

  #showRefusal(refusal: StreamRefusedError, viewer: Viewer): void {
    this.#reason.showRefusal(viewer, refusal);
    this.#setState(refusal.isOfCamera ? "failed" : "idle");
  }

  #reasonGone(): void {
    if (this.#state === "failed") this.#setState(this.#run ? "closing" : "idle");
    else this.#emitStatus();
  }

  #enter(viewer: Viewer, described: readonly Track[] | undefined): ViewerLease {
    this.#admit(viewer);
    const since = this.#options.clock.now();
    const lease = new ViewerLease({
      viewer,
      since,
      described,
      host: {
        startReader: (owner, tracks, output) => this.#startReader(owner, tracks, output),
        endReader: (reader, error) => this.#media.endReader(reader, error),
        requestKeyFrame: () => this.#run?.requestKeyFrame(),
        leaseRenamed: () => this.#emitStatus(),
        leaseOver: (over) => this.#leaseOver(over),
      },
    });
    this.#leases.add(lease);
    this.#grace?.[Symbol.dispose]();
    if (this.#run) this.#emitStatus();
    else this.#startRun(viewer);
    return lease;
  }

  #leaseOver(lease: ViewerLease): void {
    this.#leases.remove(lease);
    if (this.#manual?.lease === lease) {
      this.#manual.timer[Symbol.dispose]();
      this.#manual = undefined;
    }
    if (this.#leases.size === 0 && this.#run && !this.#isRunEnding) {
      this.#grace?.[Symbol.dispose]();
      this.#grace = this.#options.clock.after(this.#limits.graceMs, () => this.#stopRun());
    }
    this.#emitStatus();
  }

  #startReader(lease: ViewerLease, tracks: readonly number[], output: ReaderOutput): HubReader {
    const described = lease.described ?? this.#description.tracks;
    const onOver = (_reader: HubReader, error: Error | undefined): void => {
      if (error) lease.end(error instanceof AppError ? error : new StreamEndedError("transport", errorText(error)));
    };
    // The server must have its reader in hand before it can hear that it is over.
    queueMicrotask(() => this.#description.check(lease));
    return this.#media.addReader(playedTracks(described, tracks), output, onOver);
  }

  #startRun(viewer: Viewer): void {
    const { source, clock, logger } = this.#options;
    this.#media.begin();
    this.#governor.started(viewer);
    this.#isActive = true;
    this.#reason.clear();
    this.#startedAt = clock.now();
    this.#isRunEnding = false;
    const ticks = every(clock, tickMs, () => this.#tick());
    this.#run = new SourceRun({
      source,
      media: this.#media,
      clock,
      logger,
      limits: this.#limits,
      hasViewers: () => this.#leases.size > 0,
      restartRefusal: () => this.#governor.restartRefusal(this.#leases.viewers),
      onRestart: () => this.#governor.restarted(this.#leases.viewers),
      onState: (state) => this.#setState(state),
      onOutcome: (outcome) => this.#takeOutcome(outcome),
    });
    this.#setState("starting");
    this.#runOver = this.#run.over.then(() => {
      ticks[Symbol.dispose]();
      this.#afterRun();
    });
  }

  #tick(): void {
    this.#media.tick();
    if (this.#isRunEnding) return;
    const exceeded = this.#governor.exceeded();
    if (exceeded === undefined || this.#manual) return;
    const error = new StreamEndedError("limit", exceeded);
    this.#reason.show(error);
    this.#endActivation({ isLimit: true, pauseMs: 0 });
    this.#stopRun();
    this.#leases.endAll(error);
  }

  /** Tells the governor, before anybody can ask it again. Once per activation. */
  #endActivation(end: { readonly isLimit: boolean; readonly pauseMs: number }): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#governor.ended({ ...end, viewers: this.#leases.recent });
  }

  #stopRun(): void {
    this.#grace?.[Symbol.dispose]();
    if (!this.#run || this.#isRunEnding) return;
    this.#isRunEnding = true;
    this.#run.close();
    this.#setState("closing");
  }

  /** The source is over: tells the viewers, and the governor. */
  #takeOutcome({ kind, error }: RunOutcome): void {
    this.#isRunEnding = true;
    this.#endActivation({ isLimit: kind === "limit", pauseMs: kind === "fail" ? this.#limits.failedPauseMs : 0 });
    if (kind === "stopped") return;
    const isRefused = kind === "refuse" && error instanceof StreamRefusedError;
    if (isRefused) this.#reason.showRefusal(this.#leases.viewers[0] ?? manualViewer, error);
    else if (error) this.#reason.show(error);
    if (kind === "fail") this.#options.logger.warn(`The stream ${this.path} failed`, error);
    this.#setState(kind === "fail" || (isRefused && error.isOfCamera) ? "failed" : "closing");
    this.#leases.endAll(viewersError(kind, error, this.#limits.failedPauseMs));
  }

  #afterRun(): void {
    this.#run = undefined;
    this.#startedAt = undefined;
    this.#media.rest();
    if (this.#state !== "failed") this.#state = "idle";
    // Those who came while the last run was being hung up; meanwhile they may have lost the right to a start.
    const starter = this.#leases.viewers.find((viewer) => !this.#governor.refusal(viewer, false));
    if (starter) this.#startRun(starter);
    else for (const lease of this.#leases) this.#sendAway(lease);
    this.#emitStatus();
  }

  #sendAway(lease: ViewerLease): void {
    const refusal = this.#governor.refusal(lease.viewer, false);
    if (!refusal) return;
    lease.end(refusal);
    this.#showRefusal(refusal, lease.viewer);
  }

  #tracksKnown(): void {
    this.#description.learned();
    for (const lease of this.#leases) this.#description.check(lease);
  }

  #setState(state: StreamState): void {
    this.#state = state;
    this.#emitStatus();
  }

  #emitStatus(): void {
    if (this.#changed.listenerCount > 0) this.#changed.emit(this.status);
  }
}

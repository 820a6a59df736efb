// One stream: starts its source when somebody wants it, describes and serves it, and hangs up when nobody is left.
import { onAbort } from "../../foundation/abort.ts";
import { type Clock, every } from "../../foundation/clock.ts";
import { Emitter, type Subscribable } from "../../foundation/emitter.ts";
import { AppError, errorCode, errorText } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { StreamEndedError, StreamRefusedError } from "../errors.ts";
import type { Track } from "../formats/track.ts";
import type { AudioTranscoderFactory } from "./audio-transcoder.ts";
import { describeTracks, isDescribedWrongly } from "./description-policy.ts";
import { StreamGovernor } from "./governor.ts";
import type { HubReader } from "./hub-reader.ts";
import type { KeyFrame } from "./key-frame.ts";
import type { KnownTracks } from "./known-tracks.ts";
import { LeaseSet } from "./lease-set.ts";
import type { MediaSource } from "./media-source.ts";
import { playedTracks } from "./played-tracks.ts";
import type { ReceivedMedia } from "./received-media.ts";
import { viewersError } from "./restart-policy.ts";
import { type RunOutcome, SourceRun } from "./source-run.ts";
import type { ReaderOutput, Stream, Viewer } from "./stream.ts";
import { ViewerLease } from "./stream-lease.ts";
import { defaultStreamLimits, type StreamLimits } from "./stream-limits.ts";
import { StreamMedia } from "./stream-media.ts";
import { MemoryKeeper, type StreamMemory } from "./stream-memory.ts";
import type { StreamState, StreamStatus } from "./stream-status.ts";
import { waitForFormat } from "./wait-for-format.ts";

const tickMs = 1_000;
const manualViewer: Viewer = { kind: "manual", address: "", userAgent: "" };

export interface StreamPathOptions {
  readonly path: string;
  readonly source: MediaSource;
  /** Undefined where there is no FFmpeg: streams have no AAC track. */
  readonly transcoder: AudioTranscoderFactory | undefined;
  readonly memory: StreamMemory;
  /** Without one, everybody is let in. */
  readonly governor?: StreamGovernor;
  readonly limits?: Partial<StreamLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Its abort closes the stream, as `Symbol.asyncDispose` does. */
  readonly signal: AbortSignal;
}

export class StreamPath implements Stream, AsyncDisposable {
  readonly path: string;
  readonly #options: StreamPathOptions;
  readonly #limits: StreamLimits;
  readonly #governor: StreamGovernor;
  readonly #memory: MemoryKeeper;
  readonly #media: StreamMedia;
  readonly #leases: LeaseSet;
  readonly #changed: Emitter<StreamStatus>;
  readonly #known = new Emitter<void>();
  #state: StreamState = "idle";
  #reason: StreamStatus["reason"];
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
    this.#memory = new MemoryKeeper(path, options.memory, logger);
    this.#changed = new Emitter((error) => logger.error(`A listener of ${path} broke`, error));
    this.#media = new StreamMedia({
      transcoder: options.transcoder,
      clock,
      logger,
      signal,
      requestKeyFrame: () => this.#run?.requestKeyFrame(),
      onKnown: () => this.#tracksKnown(),
    });
    this.#abort = onAbort(signal, () => void this[Symbol.asyncDispose]());
  }

  get status(): StreamStatus {
    return Object.freeze({
      path: this.path,
      state: this.#state,
      reason: this.#reason,
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
    const remembered = this.#memory.load();
    const known = this.#run ? this.#media.known : undefined;
    if (remembered || known?.parameterSets) return this.#describeTracks(known);
    using lease = this.#enter(viewer, undefined);
    await waitForFormat({
      clock: this.#options.clock,
      limitMs: this.#limits.describeMs,
      isKnown: () => this.#media.known.parameterSets !== undefined,
      changed: this.#known,
      ended: lease.ended,
      signal,
    });
    return this.#describeTracks(this.#media.known);
  }

  lease(viewer: Viewer, described?: readonly Track[]): ViewerLease {
    return this.#enter(viewer, described ?? this.#describeTracks(this.#run && this.#media.known));
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

  /** A lock lets nobody in; a stream that runs goes on for those who watch. */
  setLocked(isLocked: boolean): void {
    if (isLocked === this.#governor.isLocked) return;
    this.#governor.setLocked(isLocked);
    this.#emitStatus();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    // Not now: an abort may have called us before the constructor is done.
    await Promise.resolve();
    this.#abort[Symbol.dispose]();
    this.#leases.endAll(new StreamEndedError("shutdown", "Belfry is shutting down"));
    this.#stopRun();
    await this.#runOver;
    await this.#media.close();
  }

  #describeTracks(known: KnownTracks | undefined): Track[] {
    return describeTracks(known, this.#memory.load(), this.#options.transcoder !== undefined);
  }

  #admit(viewer: Viewer): void {
    if (this.#closed) throw new StreamRefusedError("offline", "The stream is being closed");
    try {
      this.#governor.admit(viewer, this.#run !== undefined && !this.#isRunEnding);
    } catch (error) {
      this.#noteRefusal(error);
      throw error;
    }
  }

  /** Shows why a start was refused. A camera that cannot be called at all has failed; a limit of ours is no failure. */
  #noteRefusal(error: unknown): void {
    if (!(error instanceof StreamRefusedError) || this.#run || error.refusal === "failed") return;
    this.#reason = { code: error.code, text: errorText(error) };
    this.#setState(error.refusal === "offline" || error.refusal === "blocked" ? "failed" : "idle");
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
    const described = lease.described ?? this.#describeTracks(this.#media.known);
    const onOver = (_reader: HubReader, error: Error | undefined): void => {
      if (error) lease.end(error instanceof AppError ? error : new StreamEndedError("transport", errorText(error)));
    };
    // The server must have its reader in hand before it can hear that it is over.
    queueMicrotask(() => this.#checkDescription(lease));
    return this.#media.addReader(playedTracks(described, tracks), output, onOver);
  }

  #startRun(viewer: Viewer): void {
    const { source, clock, logger } = this.#options;
    this.#media.begin();
    this.#governor.started(viewer);
    this.#isActive = true;
    this.#reason = undefined;
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
    if (this.#isRunEnding || this.#manual) return;
    const exceeded = this.#governor.exceeded();
    if (exceeded === undefined) return;
    const error = new StreamEndedError("limit", exceeded);
    this.#reason = { code: error.code, text: exceeded };
    this.#endActivation({ isLimit: true, pauseMs: 0 });
    this.#leases.endAll(error);
    this.#stopRun();
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
    if (error) this.#reason = { code: errorCode(error), text: errorText(error) };
    if (kind === "fail") this.#options.logger.warn(`The stream ${this.path} failed`, error);
    this.#setState(kind === "fail" ? "failed" : "closing");
    this.#leases.endAll(viewersError(kind, error, this.#limits.failedPauseMs));
  }

  #afterRun(): void {
    this.#run = undefined;
    this.#startedAt = undefined;
    this.#media.rest();
    const [next] = this.#leases;
    if (next && !this.#closed) this.#startRun(next.viewer);
    else this.#setState(this.#state === "failed" ? "failed" : "idle");
  }

  #tracksKnown(): void {
    this.#memory.keep(this.#media.known, this.#media.size);
    this.#known.emit();
    for (const lease of this.#leases) this.#checkDescription(lease);
  }

  /** Ends a viewer who was told another picture or sound than what comes, so that it asks again. */
  #checkDescription(lease: ViewerLease): void {
    const { described } = lease;
    if (!described || !this.#run) return;
    const { known } = this.#media;
    if (!isDescribedWrongly(described, known, (feed) => lease.plays(feed))) return;
    lease.end(
      new StreamEndedError("described-wrongly", "The camera sends another format than was described; ask again"),
    );
  }

  #setState(state: StreamState): void {
    this.#state = state;
    this.#emitStatus();
  }

  #emitStatus(): void {
    if (this.#changed.listenerCount > 0) this.#changed.emit(this.status);
  }
}

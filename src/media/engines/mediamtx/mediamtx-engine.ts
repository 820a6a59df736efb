// MediaMTX as stream engine: keeps it running and says where it is.
import { aborted, composeSignals, StopError } from "../../../foundation/abort.ts";
import { type Clock, delay } from "../../../foundation/clock.ts";
import { Emitter, type Subscribable } from "../../../foundation/emitter.ts";
import { errorText, PermanentError, TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { type Backoff, backoffMs } from "../../../foundation/retry.ts";
import { type Login, readingUser } from "./auth-users.ts";
import type { CarriageTools } from "./carriage.ts";
import type { ControlBroker } from "./control-channel.ts";
import type { EngineStreams } from "./engine-stream.ts";
import type { MediamtxConfigOptions, MediamtxPorts } from "./mediamtx-config.ts";
import { findPorts, type WantedPorts } from "./mediamtx-ports.ts";
import { MediamtxEndedError, MediamtxRun } from "./mediamtx-run.ts";
import { OnDemandPaths } from "./on-demand-paths.ts";

export interface MediamtxEngineOptions {
  readonly program: string;
  readonly version: string;
  /** For the files of a run. */
  readonly directory: string;
  /** The one that MediaMTX runs on demand. */
  readonly script: string;
  /** Where readers come in, and which ports they are wanted on. */
  readonly host: string;
  readonly ports: WantedPorts;
  /** Of readers; without it everybody may watch. */
  readonly login: Login | undefined;
  readonly certificate?: MediamtxConfigOptions["certificate"];
  readonly origins: readonly string[];
  readonly otherHosts: readonly string[];
  readonly streams: EngineStreams;
  readonly broker: ControlBroker;
  readonly tools: CarriageTools;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
}

export interface MediamtxEngineDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface MediamtxStatus {
  readonly isHealthy: boolean;
  readonly reason: string | undefined;
  /** The last ones while it is away. */
  readonly ports: MediamtxPorts;
}

const backoff: Backoff = { firstMs: 250, longestMs: 30_000, jitter: 0.2 };
const healthyAfterMs = 60_000;
/** Of one start: a port may be taken between looking and using it. */
const mostAttempts = 3;

export class MediamtxEngine implements AsyncDisposable {
  readonly #options: MediamtxEngineOptions;
  readonly #dependencies: MediamtxEngineDependencies;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #paths: OnDemandPaths;
  readonly #changed: Emitter<void>;
  readonly #over: Promise<void>;
  #status: MediamtxStatus;
  #lastError: unknown;
  #wasHealthy = false;

  private constructor(options: MediamtxEngineOptions, dependencies: MediamtxEngineDependencies, ports: MediamtxPorts) {
    const { logger, signal } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#signal = composeSignals(signal, this.#controller.signal);
    this.#status = { isHealthy: false, reason: "it is starting", ports };
    this.#changed = new Emitter((error) => logger.error("the state of MediaMTX could not be shown", error));
    const hasHls = options.ports.hls !== undefined;
    this.#paths = new OnDemandPaths({ ...options, ...dependencies, hasHls, signal: this.#signal });
    this.#over = this.#run();
  }

  /**
   * Resolves when MediaMTX is ready for readers. Rejects with PermanentError or TransientError `mediamtx.start` where it cannot be
   * started: the former where somebody must change something. Or as `starting` says.
   */
  static async start(
    options: MediamtxEngineOptions,
    dependencies: MediamtxEngineDependencies,
    starting: AbortSignal,
  ): Promise<MediamtxEngine> {
    const { ports } = await findPorts(options.ports, options.host);
    const engine = new MediamtxEngine(options, dependencies, ports);
    try {
      await engine.#firstStart(starting);
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  get status(): MediamtxStatus {
    return this.#status;
  }

  /** Health or ports are other ones now. */
  get changed(): Subscribable<void> {
    return this.#changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new StopError("closed"));
    await this.#over;
  }

  async #firstStart(starting: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    using _listener = this.#changed.subscribe(() => {
      if (this.#status.isHealthy) resolve();
      else reject(startError(this.#lastError));
    });
    await Promise.race([promise, aborted(starting)]);
    starting.throwIfAborted();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { clock } = this.#dependencies;
    for (let failures = 0; !this.#signal.aborted; ) {
      const startedAtMs = clock.monotonic();
      const error = await this.#runOnce();
      if (this.#signal.aborted) break;
      this.#fail(error);
      failures = clock.monotonic() - startedAtMs > healthyAfterMs ? 1 : failures + 1;
      await delay(clock, backoffMs(backoff, failures), this.#signal).catch(() => undefined);
    }
    await this.#paths[Symbol.asyncDispose]();
  }

  /** Resolves with the reason when that run is over, or could not be begun. */
  async #runOnce(): Promise<unknown> {
    try {
      await using run = await this.#start();
      this.#paths.serverReady(run);
      this.#succeed(run.ports);
      const reason = await Promise.race([run.ended, aborted(this.#signal)]);
      this.#paths.serverGone();
      return reason;
    } catch (error) {
      return error;
    }
  }

  async #start(): Promise<MediamtxRun> {
    const { host, login, certificate, origins, otherHosts, broker, ports: wanted } = this.#options;
    const { clock, logger } = this.#dependencies;
    for (let attempt = 1; ; attempt++) {
      const { ports, moved } = await findPorts(wanted, host);
      try {
        const run = await MediamtxRun.start({
          ...this.#options,
          ...this.#dependencies,
          ports,
          control: broker,
          config: { host, reading: readingUser(login), certificate, origins, otherHosts },
          onHint: (hint) => this.#paths.hint(hint),
          signal: this.#signal,
        });
        for (const { what, wanted: port, port: other } of moved)
          logger.warn(`${what} port ${port} is taken; streams are on port ${other}`);
        return run;
      } catch (error) {
        if (attempt >= mostAttempts || this.#signal.aborted || error instanceof PermanentError) throw error;
        logger.debug("MediaMTX did not start; trying it again", error);
        await delay(clock, backoffMs(backoff, attempt), this.#signal);
      }
    }
  }

  #succeed(ports: MediamtxPorts): void {
    this.#dependencies.logger.info(`MediaMTX ${this.#options.version} serves streams on RTSP port ${ports.rtsp}`);
    this.#wasHealthy = true;
    this.#status = { isHealthy: true, reason: undefined, ports };
    this.#changed.emit();
  }

  #fail(error: unknown): void {
    // Whoever waits for the first start says himself what comes of it.
    if (this.#wasHealthy) this.#dependencies.logger.warn("MediaMTX is not running; starting it again", error);
    this.#lastError = error;
    this.#status = { ...this.#status, isHealthy: false, reason: errorText(error) };
    this.#changed.emit();
  }
}

/** One that ends by itself says what it does not like; anything else may pass. */
function startError(cause: unknown): Error {
  const text = `MediaMTX cannot be started: ${errorText(cause)}`;
  const mayPass = cause instanceof TransientError && !(cause instanceof MediamtxEndedError && cause.isByItself);
  return mayPass
    ? new TransientError("mediamtx.start", text, { cause })
    : new PermanentError("mediamtx.start", text, { cause });
}

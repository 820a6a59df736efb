// MediaMTX as stream engine: keeps it running, tells it our streams, and carries them there when somebody wants them.
import { aborted, composeSignals, StopError } from "../../../foundation/abort.ts";
import { type Clock, delay, every } from "../../../foundation/clock.ts";
import { Emitter, type Subscribable } from "../../../foundation/emitter.ts";
import { errorText, PermanentError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { type Backoff, backoffMs } from "../../../foundation/retry.ts";
import type { Viewer } from "../../hub/stream.ts";
import { type Login, readingUser } from "./auth-users.ts";
import type { CarriageTools } from "./carriage.ts";
import { type ControlBroker, ControlChannel } from "./control-channel.ts";
import type { EngineStream, EngineStreams } from "./engine-stream.ts";
import type { MediamtxConfig, MediamtxConfigOptions, MediamtxPorts } from "./mediamtx-config.ts";
import type { LogHint } from "./mediamtx-log.ts";
import { findPorts, type WantedPorts } from "./mediamtx-ports.ts";
import { MediamtxRun } from "./mediamtx-run.ts";
import { OnDemandPath, type PathServer } from "./on-demand-path.ts";
import type { PublishPass } from "./publish-passes.ts";
import { ReaderWatch } from "./reader-watch.ts";

export interface MediamtxEngineOptions {
  readonly program: string;
  readonly version: string;
  /** For the files of a run. */
  readonly directory: string;
  readonly script: string;
  /** Where readers come in, and which ports they are wanted on. */
  readonly host: string;
  readonly ports: WantedPorts;
  /** Of readers; without it everybody may watch. */
  readonly login: Login | undefined;
  readonly certificate?: MediamtxConfigOptions["certificate"];
  readonly otherHosts: readonly string[];
  readonly streams: EngineStreams;
  readonly broker: ControlBroker;
  readonly tools: CarriageTools;
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
  readonly ports: MediamtxPorts;
}

/** The present run, and what looks at it. */
interface Session {
  readonly run: MediamtxRun;
  readonly watch: ReaderWatch;
}

const backoff: Backoff = { firstMs: 250, longestMs: 30_000, jitter: 0.2 };
const healthyAfterMs = 60_000;
const lookEveryMs = 1_000;
const starterLimitMs = 400;
const startAttempts = 3;

export class MediamtxEngine implements AsyncDisposable {
  readonly #options: MediamtxEngineOptions;
  readonly #dependencies: MediamtxEngineDependencies;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #paths = new Map<string, OnDemandPath>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #control: ControlChannel;
  readonly #changed: Emitter<void>;
  readonly #viewersByAddress = new Map<string, Viewer>();
  readonly #looks: Disposable;
  readonly #streamsListener: Disposable;
  readonly #over: Promise<void>;
  #session: Session | undefined;
  #status: MediamtxStatus;
  #look: Promise<void> | undefined;
  #isLookWanted = false;

  private constructor(options: MediamtxEngineOptions, dependencies: MediamtxEngineDependencies, ports: MediamtxPorts) {
    const { clock, logger, signal } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#signal = composeSignals(signal, this.#controller.signal);
    this.#status = { isHealthy: false, reason: "it is starting", ports };
    this.#changed = new Emitter((error) => logger.error("the state of MediaMTX could not be shown", error));
    this.#control = new ControlChannel(options.broker, (path, text) => this.#command(path, text));
    this.#looks = every(clock, lookEveryMs, () => this.#lookIfCarrying());
    this.#streamsListener = options.streams.streamsChanged.subscribe(() => this.#followStreams());
    this.#over = this.#run();
  }

  /** Resolves when MediaMTX is ready for readers. Rejects with an AppError where it cannot be started at all. */
  static async start(
    options: MediamtxEngineOptions,
    dependencies: MediamtxEngineDependencies,
  ): Promise<MediamtxEngine> {
    const { ports } = await findPorts(options.ports, options.host);
    const engine = new MediamtxEngine(options, dependencies, ports);
    const first = Promise.withResolvers<void>();
    using _listener = engine.#changed.subscribe(() => {
      if (engine.#status.isHealthy) first.resolve();
      else first.reject(new PermanentError("mediamtx.start", `MediaMTX does not start: ${engine.#status.reason}`));
    });
    try {
      await Promise.race([first.promise, aborted(dependencies.signal)]);
      dependencies.signal.throwIfAborted();
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

  /** Never rejects. */
  async #run(): Promise<void> {
    // Not now: the constructor is not done.
    await Promise.resolve();
    this.#followStreams();
    const { clock } = this.#dependencies;
    for (let failures = 0; !this.#signal.aborted; ) {
      const startedAtMs = clock.monotonic();
      const error = await this.#runOnce(failures === 0 ? startAttempts : 1);
      if (this.#signal.aborted) break;
      this.#fail(error);
      failures = clock.monotonic() - startedAtMs > healthyAfterMs ? 1 : failures + 1;
      await delay(clock, backoffMs(backoff, failures), this.#signal).catch(() => undefined);
    }
    await this.#close();
  }

  /** Resolves with the reason when that run is over, or could not be begun. */
  async #runOnce(attempts: number): Promise<unknown> {
    try {
      const run = await this.#start(attempts);
      await using _run = run;
      const { login: _login, ...rest } = this.#options;
      const hasHls = rest.ports.hls !== undefined;
      const hasRtsps = run.ports.rtsps !== undefined;
      const watch = new ReaderWatch({ api: run.api, hasHls, hasRtsps, signal: this.#signal }, this.#viewersByAddress);
      this.#session = { run, watch };
      for (const path of this.#paths.values()) path.register();
      this.#healthy(run.ports);
      return await Promise.race([run.ended, aborted(this.#signal)]);
    } catch (error) {
      return error;
    } finally {
      this.#session = undefined;
      for (const path of this.#paths.values()) path.serverGone();
    }
  }

  /** A port may be taken between looking and starting; then others are found. */
  async #start(attempts: number): Promise<MediamtxRun> {
    const { host, login, certificate, otherHosts, program, directory, script, broker, instance } = this.#options;
    const { clock, logger } = this.#dependencies;
    for (let attempt = 1; ; attempt++) {
      const { ports, moved } = await findPorts(this.#options.ports, host);
      try {
        const run = await MediamtxRun.start({
          ...{ program, directory, script, instance, ports, clock, logger },
          control: broker,
          config: { host, reading: readingUser(login), certificate, otherHosts },
          onHint: (hint) => this.#hint(hint),
          signal: this.#signal,
        });
        for (const { what, wanted, port } of moved) logger.warn(`${what} port ${wanted} is taken; it is ${port} now`);
        return run;
      } catch (error) {
        if (attempt >= attempts || this.#signal.aborted || error instanceof PermanentError) throw error;
        logger.debug("MediaMTX did not start; trying it again", error);
      }
    }
  }

  #healthy(ports: MediamtxPorts): void {
    const { logger } = this.#dependencies;
    const { version } = this.#options;
    logger.info(`MediaMTX ${version} serves streams on RTSP port ${ports.rtsp}`);
    this.#status = { isHealthy: true, reason: undefined, ports };
    this.#changed.emit();
  }

  #fail(error: unknown): void {
    this.#dependencies.logger.warn("MediaMTX is not running; starting it again", error);
    this.#status = { ...this.#status, isHealthy: false, reason: errorText(error) };
    this.#changed.emit();
  }

  async #close(): Promise<void> {
    this.#looks[Symbol.dispose]();
    this.#streamsListener[Symbol.dispose]();
    this.#control[Symbol.dispose]();
    await Promise.all([...this.#paths.values()].map((path) => path[Symbol.asyncDispose]()));
    await Promise.all(this.#leaving);
    this.#paths.clear();
  }

  #followStreams(): void {
    const { streams } = this.#options.streams;
    const present = new Set(streams.map(({ path }) => path));
    for (const [name, path] of this.#paths) if (!present.has(name)) this.#removePath(name, path);
    for (const stream of streams) if (!this.#paths.has(stream.path)) this.#addPath(stream);
  }

  #addPath(stream: EngineStream): void {
    const { clock, logger } = this.#dependencies;
    const path = new OnDemandPath({
      stream,
      server: this.#server(),
      tools: this.#options.tools,
      tell: (attributes) => this.#control.publish(stream.path, attributes),
      clock,
      logger,
      signal: this.#signal,
    });
    this.#paths.set(stream.path, path);
    if (this.#session) path.register();
  }

  #removePath(name: string, path: OnDemandPath): void {
    this.#paths.delete(name);
    this.#control.forget(name);
    this.#tell((run) => run.api.deletePath(name, this.#signal));
    const leaving = path[Symbol.asyncDispose]().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #server(): PathServer {
    return {
      replacePath: (name, config) => this.#replacePath(name, config),
      issuePass: (name) => this.#session?.run.passes.issue(name) ?? noPass,
      publishUrl: (name, login) => this.#session?.run.publishUrl(this.#options.host, name, login) ?? "",
      findStarter: (name) => this.#findStarter(name),
      look: () => this.#lookNow(),
    };
  }

  #replacePath(name: string, config: MediamtxConfig): void {
    this.#tell((run) => run.api.replacePath(name, config, this.#signal));
  }

  /** What MediaMTX misses because it is away, it is told when it is back. */
  #tell(say: (run: MediamtxRun) => Promise<void>): void {
    const { run } = this.#session ?? {};
    if (!run) return;
    say(run).catch((error: unknown) => {
      if (this.#session?.run === run && !this.#signal.aborted)
        this.#dependencies.logger.warn("MediaMTX could not be told of a stream", error);
    });
  }

  async #findStarter(name: string): Promise<Viewer> {
    const { clock } = this.#dependencies;
    const limit = new AbortController();
    const unknown = delay(clock, starterLimitMs, limit.signal).then(
      () => undefined,
      () => undefined,
    );
    const found = this.#session?.watch.starter(name, clock.now()).catch(() => undefined);
    const viewer = await Promise.race([found, unknown]);
    limit.abort();
    return viewer ?? { kind: "mediamtx", address: "", userAgent: "" };
  }

  #command(name: string, text: string): void {
    const path = this.#paths.get(name);
    if (path) path.command(text);
    else this.#dependencies.logger.debug(`a command for ${name}, which is no stream, is ignored`);
  }

  #hint(hint: LogHint): void {
    if (hint.kind === "script-started") this.#paths.get(hint.path)?.scriptStarted();
    if (hint.kind === "reader-joined") this.#paths.get(hint.path)?.readerJoined();
    this.#lookIfCarrying();
  }

  #lookIfCarrying(): void {
    for (const path of this.#paths.values()) {
      if (!path.isCarried) continue;
      void this.#lookNow();
      return;
    }
  }

  /** One look at a time; whoever wants one meanwhile gets the next. */
  #lookNow(): Promise<void> {
    if (this.#look) {
      this.#isLookWanted = true;
      return this.#look;
    }
    this.#look = this.#lookUntilSeen().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #lookUntilSeen(): Promise<void> {
    do {
      this.#isLookWanted = false;
      await this.#lookOnce();
    } while (this.#isLookWanted);
  }

  async #lookOnce(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    try {
      const seen = await session.watch.look();
      if (session !== this.#session) return;
      for (const [name, path] of this.#paths) {
        const { isAvailable = false, readers = [], isHls = false } = seen.get(name) ?? {};
        path.seen(isAvailable, readers, isHls);
      }
    } catch (error) {
      if (!this.#signal.aborted) this.#dependencies.logger.debug("MediaMTX could not be looked at", error);
    }
  }
}

/** While MediaMTX is away nothing is carried to it. */
const noPass: PublishPass = {
  login: { username: "", password: "" },
  refused: new Promise<Error>(() => undefined),
  revoke: () => undefined,
};

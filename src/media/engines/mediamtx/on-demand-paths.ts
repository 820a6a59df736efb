// All our streams as paths of MediaMTX: they follow the streams that there are, hear what the scripts say, and see who reads.
import type { Clock } from "../../../foundation/clock.ts";
import { delay, every } from "../../../foundation/clock.ts";
import { TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Viewer } from "../../hub/stream.ts";
import type { CarriageTools } from "./carriage.ts";
import { type ControlBroker, ControlChannel } from "./control-channel.ts";
import type { EngineStream, EngineStreams } from "./engine-stream.ts";
import type { LogHint } from "./mediamtx-log.ts";
import type { MediamtxRun } from "./mediamtx-run.ts";
import { OnDemandPath, type PathServer } from "./on-demand-path.ts";
import { ReaderWatch } from "./reader-watch.ts";

export interface OnDemandPathsOptions {
  readonly streams: EngineStreams;
  readonly broker: ControlBroker;
  readonly tools: CarriageTools;
  readonly hasHls: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A MediaMTX that runs, and what looks at it. */
interface Server {
  readonly run: MediamtxRun;
  readonly watch: ReaderWatch;
}

const lookEveryMs = 1_000;
const starterLimitMs = 400;

export class OnDemandPaths implements AsyncDisposable {
  readonly #options: OnDemandPathsOptions;
  readonly #paths = new Map<string, OnDemandPath>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #control: ControlChannel;
  readonly #looks: Disposable;
  readonly #streamsListener: Disposable;
  readonly #viewersByAddress = new Map<string, Viewer>();
  #server: Server | undefined;
  #look: Promise<void> | undefined;
  #isLookWanted = false;

  constructor(options: OnDemandPathsOptions) {
    this.#options = options;
    this.#control = new ControlChannel(options.broker, (path, text) => this.#command(path, text));
    this.#looks = every(options.clock, lookEveryMs, () => this.#lookIfCarrying());
    this.#streamsListener = options.streams.streamsChanged.subscribe(() => this.#followStreams());
    this.#followStreams();
  }

  /** It runs and knows nothing of us. */
  serverReady(run: MediamtxRun): void {
    const { hasHls, signal } = this.#options;
    const hasRtsps = run.ports.rtsps !== undefined;
    const watch = new ReaderWatch({ api: run.api, hasHls, hasRtsps, signal }, this.#viewersByAddress);
    this.#server = { run, watch };
    for (const path of this.#paths.values()) path.register();
  }

  serverGone(): void {
    this.#server = undefined;
    for (const path of this.#paths.values()) path.serverGone();
  }

  hint(hint: LogHint): void {
    if (hint.kind === "script-started") this.#paths.get(hint.path)?.scriptStarted();
    if (hint.kind === "reader-joined") this.#paths.get(hint.path)?.readerJoined();
    this.#lookIfCarrying();
  }

  async [Symbol.asyncDispose](): Promise<void> {
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
    const { tools, clock, logger, signal } = this.#options;
    const path = new OnDemandPath({
      stream,
      server: this.#pathServer(),
      tools,
      tell: (attributes) => this.#control.publish(stream.path, attributes),
      clock,
      logger,
      signal,
    });
    this.#paths.set(stream.path, path);
    if (this.#server) path.register();
  }

  #removePath(name: string, path: OnDemandPath): void {
    this.#paths.delete(name);
    this.#control.forget(name);
    this.#tell((run) => run.api.deletePath(name, this.#options.signal));
    const leaving = path[Symbol.asyncDispose]().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #pathServer(): PathServer {
    const { signal } = this.#options;
    return {
      replacePath: (name, config) => this.#tell((run) => run.api.replacePath(name, config, signal)),
      openPublication: (name, isHeld) => this.#server?.run.openPublication(name, isHeld) ?? Promise.reject(isAway()),
      findStarter: (name) => this.#findStarter(name),
      look: () => this.#lookNow(),
    };
  }

  /** What MediaMTX misses because it is away, it is told when it is back. */
  #tell(say: (run: MediamtxRun) => Promise<void>): void {
    const { run } = this.#server ?? {};
    if (!run) return;
    say(run).catch((error: unknown) => {
      if (this.#server?.run === run && !this.#options.signal.aborted)
        this.#options.logger.warn("MediaMTX could not be told of a stream", error);
    });
  }

  async #findStarter(name: string): Promise<Viewer> {
    const { clock } = this.#options;
    const limit = new AbortController();
    const unknown = delay(clock, starterLimitMs, limit.signal).then(
      () => undefined,
      () => undefined,
    );
    const found = this.#server?.watch.starter(name, clock.now()).catch(() => undefined);
    const viewer = await Promise.race([found, unknown]);
    limit.abort();
    return viewer ?? { kind: "mediamtx", address: "", userAgent: "" };
  }

  #command(name: string, text: string): void {
    const path = this.#paths.get(name);
    if (path) path.command(text);
    else this.#options.logger.debug(() => `a command for ${name.slice(0, 100)}, which is no stream, is ignored`);
  }

  #lookIfCarrying(): void {
    if ([...this.#paths.values()].some((path) => path.isCarried)) void this.#lookNow();
  }

  /** One look at a time; whoever wants one meanwhile gets the next. Never rejects. */
  #lookNow(): Promise<void> {
    this.#isLookWanted = true;
    this.#look ??= this.#lookWhileWanted().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #lookWhileWanted(): Promise<void> {
    while (this.#isLookWanted) {
      this.#isLookWanted = false;
      await this.#lookOnce();
    }
  }

  async #lookOnce(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    try {
      const seen = await server.watch.look();
      if (server !== this.#server) return;
      for (const [name, path] of this.#paths) {
        const { readers = [], isHls = false } = seen.get(name) ?? {};
        path.seen(readers, isHls);
      }
    } catch (error) {
      if (!this.#options.signal.aborted) this.#options.logger.debug("MediaMTX could not be looked at", error);
    }
  }
}

function isAway(): Error {
  return new TransientError("mediamtx.ended", "MediaMTX is not running at the moment");
}

// All our streams as paths of MediaMTX: they follow the streams that there are, hear what the scripts say, and see who reads.
import { composeSignals, StopError } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { delay, every } from "../../../foundation/clock.ts";
import { TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Viewer } from "../../hub/stream.ts";
import type { CarriageTools } from "./carriage.ts";
import { type ControlBroker, ControlChannel } from "./control-channel.ts";
import type { EngineStream, EngineStreams } from "./engine-stream.ts";
import { KnownViewers } from "./known-viewers.ts";
import type { LogHint } from "./mediamtx-log.ts";
import type { MediamtxRun } from "./mediamtx-run.ts";
import { OnDemandPath, type PathServer } from "./on-demand-path.ts";
import { PathOrders } from "./path-orders.ts";
import { ReaderWatch, type Waiter } from "./reader-watch.ts";

export interface OnDemandPathsOptions {
  readonly streams: EngineStreams;
  readonly broker: ControlBroker;
  readonly tools: CarriageTools;
  readonly hasHls: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A MediaMTX that runs. */
export type RunningMediamtx = Pick<MediamtxRun, "api" | "ports" | "openPublication" | "isScriptGone">;

/** What looks at it, and what it is told. */
interface Server {
  readonly run: RunningMediamtx;
  readonly watch: ReaderWatch;
  readonly orders: PathOrders;
  readonly over: AbortController;
}

const lookEveryMs = 1_000;
const starterLimitMs = 400;
/** Long enough for a script to be started and to speak. */
const strandedMs = 1_500;

export class OnDemandPaths implements AsyncDisposable {
  readonly #options: OnDemandPathsOptions;
  readonly #paths = new Map<string, OnDemandPath>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #control: ControlChannel;
  readonly #looks: Disposable;
  readonly #streamsListener: Disposable;
  readonly #viewers = new KnownViewers();
  #server: Server | undefined;
  #look: Promise<void> | undefined;
  #isLookWanted = false;
  #strandedTimer: Disposable | undefined;
  /** Waiters. */
  #sentAway = new Set<string>();

  constructor(options: OnDemandPathsOptions) {
    this.#options = options;
    this.#control = new ControlChannel(options.broker, (path, text) => this.#command(path, text));
    this.#looks = every(options.clock, lookEveryMs, () => this.#lookIfCarrying());
    this.#streamsListener = options.streams.streamsChanged.subscribe(() => this.#followStreams());
    this.#followStreams();
  }

  /** It runs and knows nothing of us. */
  serverReady(run: RunningMediamtx): void {
    const { hasHls, clock, logger } = this.#options;
    const over = new AbortController();
    const signal = composeSignals(this.#options.signal, over.signal);
    const has = { hasHls, hasRtsps: run.ports.rtsps !== undefined, hasWhep: run.ports.whep !== undefined };
    const watch = new ReaderWatch({ api: run.api, ...has, signal }, this.#viewers);
    this.#server = { run, watch, orders: new PathOrders({ clock, logger, signal }), over };
    for (const path of this.#paths.values()) path.register();
  }

  serverGone(): void {
    this.#server?.over.abort(new StopError("closed"));
    this.#server = undefined;
    for (const path of this.#paths.values()) path.serverGone();
  }

  hint(hint: LogHint): void {
    if (hint.kind === "script-started") this.#paths.get(hint.path)?.scriptStarted();
    if (hint.kind === "reader-joined") this.#paths.get(hint.path)?.readerJoined();
    this.#lookIfCarrying();
    this.#expectStranded();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#looks[Symbol.dispose]();
    this.#strandedTimer?.[Symbol.dispose]();
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
    this.#tell(name, ({ api }, signal) => api.deletePath(name, signal));
    const leaving = path[Symbol.asyncDispose]().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #pathServer(): PathServer {
    return {
      replacePath: (name, config) => this.#tell(name, ({ api }, signal) => api.replacePath(name, config, signal)),
      openPublication: (name, isRecording) =>
        this.#server?.run.openPublication(name, isRecording) ?? Promise.reject(isAway()),
      findStarters: (name) => this.#findStarters(name),
      isScriptGone: (name) => this.#server?.run.isScriptGone(name) ?? Promise.resolve(false),
      look: () => this.#lookNow(),
    };
  }

  /** What MediaMTX misses because it is away, it is told when it is back. */
  #tell(name: string, say: (run: RunningMediamtx, signal: AbortSignal) => Promise<void>): void {
    const { run, orders } = this.#server ?? {};
    if (run) orders?.tell(name, (signal) => say(run, signal));
  }

  async #findStarters(name: string): Promise<readonly Viewer[]> {
    const { clock } = this.#options;
    const limit = new AbortController();
    const tooLate = delay(clock, starterLimitMs, limit.signal).catch(() => undefined);
    const found = this.#server?.watch.starters(name, clock.now()).catch(() => undefined);
    const viewers = await Promise.race([found, tooLate]);
    limit.abort();
    return viewers ?? [{ kind: "mediamtx", address: "", userAgent: "" }];
  }

  /** Somebody may have come for whom nothing was started, whatever MediaMTX says of it: looks for such a while later. */
  #expectStranded(): void {
    this.#strandedTimer ??= this.#options.clock.after(strandedMs, () => {
      this.#strandedTimer = undefined;
      this.#sendStrandedAway().catch((error: unknown) => {
        if (!this.#options.signal.aborted) this.#options.logger.debug("MediaMTX could not be looked at", error);
      });
    });
  }

  /** Whoever waits although nothing is on its way. RTSP readers do not tell for what they wait. */
  async #sendStrandedAway(): Promise<void> {
    const waiters = (await this.#server?.watch.waiters()) ?? [];
    const latestMs = this.#options.clock.now() - strandedMs;
    const isNew = ({ id }: Waiter): boolean => !this.#sentAway.has(id);
    if (waiters.some((waiter) => isNew(waiter) && waiter.sinceMs > latestMs)) this.#expectStranded();
    const stranded = strandedAmong(waiters.filter(isNew), latestMs, this.#paths);
    this.#sentAway = new Set([...waiters.filter((waiter) => !isNew(waiter)), ...stranded].map(({ id }) => id));
    const isNameless = stranded.some(({ path }) => path === undefined);
    for (const [name, path] of this.#paths) {
      if (!path.isIdle || !(isNameless || stranded.some((waiter) => waiter.path === name))) continue;
      this.#options.logger.debug(`somebody may wait for ${name} in vain; it is begun anew`);
      path.beginAnew();
    }
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

/** An HLS session outlives what it was for. */
function strandedAmong(
  waiters: readonly Waiter[],
  latestMs: number,
  paths: ReadonlyMap<string, OnDemandPath>,
): readonly Waiter[] {
  const isSomeOnItsWay = [...paths.values()].some((path) => path.isOnItsWay);
  return waiters.filter(({ path, sinceMs, viewer }) => {
    if (sinceMs > latestMs || viewer?.kind === "hls") return false;
    return path === undefined ? !isSomeOnItsWay : (paths.get(path)?.isIdle ?? false);
  });
}

function isAway(): Error {
  return new TransientError("mediamtx.ended", "MediaMTX is not running at the moment");
}

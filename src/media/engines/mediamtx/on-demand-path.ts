// One stream as a path of MediaMTX: who wants it by which lease, whether it is carried there, and what ends it.
import type { Clock } from "../../../foundation/clock.ts";
import { AppError, errorText } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import { StreamRefusedError } from "../../errors.ts";
import type { Viewer } from "../../hub/stream.ts";
import { Carriage, type CarriageTools } from "./carriage.ts";
import type { SeenReader } from "./carriage-readers.ts";
import type { DemandAttributes } from "./control-channel.ts";
import { parseDemandCommand } from "./demand-command.ts";
import type { EngineStream } from "./engine-stream.ts";
import { closedPath, type MediamtxConfig, onDemandPath } from "./mediamtx-config.ts";
import type { Publication } from "./publishing/publish-relay.ts";
import { ScriptWatch } from "./script-watch.ts";

/** What a path needs of MediaMTX. While that is away nothing can be published, and there is nothing else to do. */
export interface PathServer {
  replacePath(name: string, config: MediamtxConfig): void;
  openPublication(name: string, isRecording: boolean): Promise<Publication>;
  /** Who may be waiting there, the most likely first; never empty. */
  findStarters(name: string): Promise<readonly Viewer[]>;
  /** Nothing of the scripts that were run for it is there any more. False where that cannot be told. */
  isScriptGone(name: string): Promise<boolean>;
  /** Looks again, now; resolves when the paths know. */
  look(): Promise<void>;
}

export interface OnDemandPathOptions {
  readonly stream: EngineStream;
  readonly server: PathServer;
  readonly tools: CarriageTools;
  readonly tell: (attributes: DemandAttributes) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const statusWords = {
  idle: "inactive",
  starting: "activating",
  ready: "active",
  closing: "inactive",
  failed: "failed",
} as const;

const rememberedLeases = 16;
/** MediaMTX says much earlier that a stream is not wanted any more, unless its script was killed. */
const unreadLimitMs = 4_000;
/** Without a lease nobody is going to say it. */
const unreadWithoutLeaseMs = 1_000;

export class OnDemandPath implements AsyncDisposable {
  readonly #options: OnDemandPathOptions;
  readonly #name: string;
  readonly #statusListener: Disposable;
  #lease: string | undefined;
  #ended: readonly string[] = [];
  #carriage: Carriage | undefined;
  readonly #hearing = { isSilent: false, isLate: false };
  #generation = 0;
  /** As MediaMTX was told. */
  #isClosed: boolean | undefined;
  readonly #script: ScriptWatch;
  #isOver = false;

  constructor(options: OnDemandPathOptions) {
    this.#options = options;
    this.#name = options.stream.path;
    this.#script = new ScriptWatch({
      isGone: () => options.server.isScriptGone(this.#name),
      onDead: () => this.#scriptDied(),
      clock: options.clock,
    });
    this.#statusListener = options.stream.statusChanged.subscribe(() => this.#statusChanged());
    this.#tell();
  }

  /** It is on its way to MediaMTX, or there. */
  get isCarried(): boolean {
    return this.#carriage !== undefined;
  }

  /** Readers who wait for it do not wait in vain. */
  get isOnItsWay(): boolean {
    return this.#script.isWatching || (this.#carriage !== undefined && !this.#carriage.isPublished);
  }

  /** MediaMTX has just started and knows nothing of it. */
  register(): void {
    this.#isClosed = this.#options.stream.status.isLocked;
    this.beginAnew();
  }

  /** What came on its command topic. */
  command(text: string): void {
    const { stream, logger } = this.#options;
    const command = parseDemandCommand(text);
    switch (command?.kind) {
      case "wanted":
        if (command.path === this.#name) this.#wanted(command.lease);
        else logger.warn(`a demand for ${command.path} came on the topic of ${this.#name}; it is ignored`);
        return;
      case "unwanted":
        if (command.lease === this.#lease) void this.#unwanted(command.lease);
        else logger.debug(`the lease ${command.lease} on ${this.#name} is over already`);
        return;
      case "on":
        this.#turnOn();
        return;
      case "off":
        stream.turnOff();
        return;
      default:
        logger.warn(`${JSON.stringify(text.slice(0, 80))} on the topic of ${this.#name} is no command; it is ignored`);
    }
  }

  /** MediaMTX has started the script: if that says nothing, its readers would wait in vain. */
  scriptStarted(): void {
    if (this.isIdle) this.#script.begin();
  }

  /** Nobody wants it, as far as we have been told, and no script is about to say otherwise. */
  get isIdle(): boolean {
    return this.#carriage === undefined && this.#lease === undefined && !this.#script.isWatching;
  }

  /** Whoever waits for it at MediaMTX is sent away, and whoever comes next starts a new cycle. */
  beginAnew(): void {
    if (this.#isOver) return;
    this.#options.server.replacePath(this.#name, this.#isClosed ? closedPath : onDemandPath(this.#generation++));
  }

  readerJoined(): void {
    this.#carriage?.readerJoined();
  }

  seen(readers: readonly SeenReader[], isHls: boolean): void {
    const carriage = this.#carriage;
    if (!carriage || carriage.isEnding) return;
    carriage.seen(readers, isHls);
    const limitMs = this.#lease === undefined ? unreadWithoutLeaseMs : unreadLimitMs;
    if ((carriage.unreadMs ?? 0) <= limitMs) return;
    this.#options.logger.debug(`nobody reads ${this.#name} any more, and nobody said so`);
    this.#endLease();
    carriage.end();
    this.beginAnew();
  }

  /** MediaMTX is gone, and with it all readers. */
  serverGone(): void {
    this.#script[Symbol.dispose]();
    this.#endLease();
    this.#carriage?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#statusListener[Symbol.dispose]();
    this.serverGone();
    await this.#carriage?.over;
  }

  #wanted(lease: string): void {
    if (this.#isOver || lease === this.#lease || this.#ended.includes(lease)) return;
    this.#script[Symbol.dispose]();
    this.#endLease();
    this.#lease = lease;
    this.#tell();
    if (!this.#carriage) this.#carry();
  }

  /** Readers may have come since MediaMTX decided so, or the script was killed while they watch: they are not to suffer. */
  async #unwanted(lease: string): Promise<void> {
    const carriage = this.#carriage;
    if (carriage?.isPublished) await this.#options.server.look();
    if (lease !== this.#lease) return;
    this.#endLease();
    if (!carriage || carriage !== this.#carriage) return;
    // A script that was killed leaves readers waiting, and MediaMTX does not notice.
    if (!carriage.isPublished) this.beginAnew();
    if (!carriage.isPublished || carriage.unreadMs !== undefined) carriage.end();
  }

  #scriptDied(): void {
    this.#options.logger.warn(`the on-demand script of ${this.#name} said nothing; its readers are sent away`);
    this.beginAnew();
  }

  #turnOn(): void {
    try {
      this.#options.stream.turnOn();
    } catch (error) {
      this.#options.logger.warn(`${this.#name} cannot be switched on`, error);
    }
  }

  #carry(): void {
    const { stream, server, tools, clock, logger, signal } = this.#options;
    const carriage = new Carriage({
      ...tools,
      stream,
      findStarters: () => server.findStarters(this.#name),
      openPublication: (isRecording) => server.openPublication(this.#name, isRecording),
      hearing: this.#hearing,
      onFailed: (error) => this.#failed(error),
      clock,
      logger,
      signal,
    });
    this.#carriage = carriage;
    void carriage.over.then(() => this.#carriageOver());
  }

  /** Readers who wait at MediaMTX would wait on: beginning the path anew ends them. */
  #failed(error: Error): void {
    const { logger } = this.#options;
    // The stream itself has said what its own trouble is.
    if (error instanceof AppError && error.code.startsWith("stream."))
      logger.debug(() => `readers of ${this.#name} at MediaMTX are sent away`, error);
    else logger.warn(`${this.#name} cannot be carried to MediaMTX`, error);
    this.beginAnew();
    this.#endLease(error);
  }

  #carriageOver(): void {
    this.#carriage = undefined;
    if (this.#isOver) return;
    if (this.#lease !== undefined) this.#carry();
    else this.#followLock();
  }

  #statusChanged(): void {
    this.#tell();
    this.#followLock();
  }

  /** Who asks for a locked stream gets 404 at once. Whoever watches it already may go on, so nothing changes under them. */
  #followLock(): void {
    const { isLocked } = this.#options.stream.status;
    if (this.#isClosed === undefined || this.#isClosed === isLocked || this.#carriage || this.#isOver) return;
    this.#isClosed = isLocked;
    this.beginAnew();
  }

  #endLease(error?: Error): void {
    if (this.#lease === undefined) return;
    this.#ended = [...this.#ended, this.#lease].slice(-rememberedLeases);
    this.#lease = undefined;
    this.#tell(error);
  }

  #tell(error?: Error): void {
    const { status } = this.#options.stream;
    const isRefused = error instanceof StreamRefusedError;
    this.#options.tell({
      status: isRefused ? "failed" : statusWords[status.state],
      reason: error ? errorText(error) : status.reason?.text,
      leases: this.#lease === undefined ? [] : [this.#lease],
      ended: this.#ended,
    });
  }
}

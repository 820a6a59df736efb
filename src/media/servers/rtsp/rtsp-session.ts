// One RTSP session: a viewer's lease on a stream, the tracks set up, and whether it plays.
import { randomBytes } from "node:crypto";
import { onAbort } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { errorText } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Track } from "../../formats/track.ts";
import type { Reader, Stream, StreamLease, Viewer } from "../../hub/stream.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import type { SessionTransport } from "./session-transport.ts";
import type { TransportChoice } from "./transport-header.ts";

export interface RtspSessionOptions {
  readonly stream: Stream;
  readonly viewer: Viewer;
  readonly described: readonly Track[];
  readonly transport: SessionTransport;
  /** How long the last packets may take to leave. */
  readonly flushMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The stream ended while this session had it playing. */
  readonly onOver: () => void;
}

export class RtspSession {
  readonly id = randomBytes(8).toString("hex");
  readonly path: string;
  #lastUsedMs: number;
  readonly #options: RtspSessionOptions;
  readonly #lease: StreamLease;
  readonly #endListener: Disposable;
  /** Control URLs by track, as the client wrote them. */
  readonly #controls = new Map<number, string>();
  #reader: Reader | undefined;
  #playingSinceMs = 0;
  #isPaused = false;
  /** Since when it holds the stream and does not watch; meaningless while it plays. */
  #stillSinceMs: number;
  #ending: Disposable | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;

  /** Takes the lease; throws as `Stream.lease` does. */
  constructor(options: RtspSessionOptions) {
    this.#options = options;
    this.path = options.stream.path;
    this.#lastUsedMs = options.clock.monotonic();
    this.#stillSinceMs = this.#lastUsedMs;
    this.#lease = options.stream.lease(options.viewer, options.described);
    this.#endListener = onAbort(this.#lease.ended, (reason) => this.#endSoon(reason));
  }

  /** Media flows, or would if it were not paused. */
  get hasPlayed(): boolean {
    return this.#reader !== undefined;
  }

  get isPlaying(): boolean {
    return this.#reader !== undefined && !this.#isPaused && !this.#isOver;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The viewer shows that it is there. */
  touch(): void {
    this.#lastUsedMs = this.#options.clock.monotonic();
  }

  /** The viewer has left without a word to us, or said so in RTCP. */
  isAbandoned(idleMs: number): boolean {
    if (this.isPlaying && this.#options.transport.isPartOfConnection) return false;
    return this.#options.clock.monotonic() - this.#lastUsedMs >= idleMs;
  }

  /** It holds the stream without watching for too long, however alive the client is. */
  isStill({ unplayedMs, pausedMs }: Pick<RtspLimits, "unplayedMs" | "pausedMs">): boolean {
    if (this.isPlaying) return false;
    return this.#options.clock.monotonic() - this.#stillSinceMs >= (this.#reader ? pausedMs : unplayedMs);
  }

  /** Why the stream ended before it was played. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  get trackCount(): number {
    return this.#controls.size;
  }

  accepts(choice: TransportChoice): boolean {
    return this.#options.transport.accepts(choice);
  }

  /** The Transport header of the answer, or undefined where the choice cannot be had. */
  setUp(track: number, control: string, choice: TransportChoice): string | undefined {
    const header = this.#options.transport.setUp(track, choice);
    if (header !== undefined) this.#controls.set(track, control);
    return header;
  }

  /** Media starts when `release` is called. */
  play(): void {
    if (this.#reader) {
      if (this.#isPaused) this.#reader.resume();
      this.#isPaused = false;
      return;
    }
    const output = this.#options.transport.open({
      ended: (reason) => this.#endSoon(reason),
      alive: () => this.touch(),
      // A TEARDOWN may follow, so it ends a little later, when abandoned sessions are looked for.
      left: () => {
        this.#lastUsedMs = Number.NEGATIVE_INFINITY;
      },
    });
    this.#reader = this.#lease.play([...this.#controls.keys()], output);
    this.#playingSinceMs = this.#options.clock.monotonic();
    this.#options.logger.info(() => `${this.#viewerName()} watches ${this.path}`);
  }

  /** The answer to PLAY is on its way. */
  release(): void {
    this.#options.transport.release();
  }

  /** Value of RTP-Info. Without rtptime, which a client takes for the start of its timeline. */
  rtpInfo(): string {
    const first = new Map(this.#reader?.tracks.map((track) => [track.track, track.firstSequenceNumber]));
    return [...this.#controls].map(([track, url]) => `url=${url};seq=${first.get(track) ?? 0}`).join(",");
  }

  pause(): void {
    this.#reader?.pause();
    if (!this.#isPaused && this.#reader) this.#stillSinceMs = this.#options.clock.monotonic();
    this.#isPaused = this.#reader !== undefined;
  }

  /** Gives up one track; true where that was the last. */
  remove(track: number): boolean {
    this.#options.transport.remove(track);
    this.#reader?.remove(track);
    this.#controls.delete(track);
    return this.#controls.size === 0;
  }

  /** The viewer has left, or the stream is over; `why` is for the log. */
  end(why?: string): void {
    this.#end(why ? `: ${why}` : "");
  }

  /** In a turn of its own: the hub is just ending things and may still say goodbye on the wire. */
  #endSoon(reason: unknown): void {
    if (this.#isOver || this.#ending) return;
    const { clock, transport, flushMs } = this.#options;
    this.#ending = clock.after(0, () => {
      if (!this.#reader) this.#failure = { error: reason };
      transport.release();
      this.#ending = clock.after(flushMs, () => this.#endNow(reason));
      transport.whenSent(() => this.#endNow(reason));
    });
  }

  /** The last packets have left, or take too long. */
  #endNow(reason: unknown): void {
    if (this.#isOver) return;
    const mustTell = this.#reader !== undefined;
    this.#end(`: ${errorText(reason)}`);
    if (mustTell) this.#options.onOver();
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ending?.[Symbol.dispose]();
    this.#endListener[Symbol.dispose]();
    this.#reader?.[Symbol.dispose]();
    this.#lease[Symbol.dispose]();
    this.#options.transport[Symbol.dispose]();
    if (!this.#reader) return;
    const seconds = Math.round((this.#options.clock.monotonic() - this.#playingSinceMs) / 1000);
    this.#options.logger.info(() => `${this.#viewerName()} watched ${this.path} for ${seconds} s${why}`);
  }

  #viewerName(): string {
    const { address, userAgent } = this.#options.viewer;
    return userAgent ? `${address} (${userAgent.slice(0, 80)})` : address;
  }
}

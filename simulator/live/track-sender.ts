// Sends one accepted section's media: from the moment its transport is connected, through delays and stalls, to the end.
import type { LiveKnobs } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import { framesPerSecond } from "../media/live-format.ts";
import type { HoldBack } from "./hold-back.ts";
import type { AcceptedMedia } from "./negotiation.ts";
import type { PacedListener } from "./pacer.ts";
import type { RtpStream } from "./rtp-stream.ts";

export interface TrackSenderContext {
  readonly journal: Journal;
  /** Camera and session, for the journal. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly holds: HoldBack;
  knobs(): Readonly<LiveKnobs>;
  addListener(listener: PacedListener): () => void;
}

/** What is due now: RTP payloads with their time, or nothing yet. */
export interface DueUnit {
  readonly payloads: readonly Buffer[];
  readonly marked: boolean;
  readonly isKeyFrame?: boolean;
}

/** Audio or video as the sender sees it. */
export interface TrackSource {
  /** Connects the source to the beat: `due` is to be called with each unit of the sequence. */
  listen(due: (index: number, mediaMs: number) => void): PacedListener;
  unit(index: number, sentAtMs: number): DueUnit | undefined;
}

const reportIntervalMs = 2000;

export class TrackSender {
  readonly #context: TrackSenderContext;
  readonly #media: AcceptedMedia;
  readonly #stream: RtpStream;
  #releaseHold: (() => void) | undefined;
  #startedMs: number | undefined;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #stalled = false;
  /** What the client asked for by `stream_options`. */
  enabled = true;

  constructor(context: TrackSenderContext, media: AcceptedMedia, stream: RtpStream) {
    this.#context = context;
    this.#media = media;
    this.#stream = stream;
  }

  /** The transport is connected. Until the first packet the media count as held back. */
  async start(load: () => Promise<TrackSource>): Promise<void> {
    const { journal, details, signal, holds, knobs } = this.#context;
    this.#hold();
    journal.record("live.connected", { ...details, media: this.#media.kind });
    const source = await load();
    if (!(await holds.wait(knobs().mediaDelayMs))) return;
    const stop = this.#context.addListener(source.listen((index, mediaMs) => this.#send(source, index, mediaMs)));
    signal.addEventListener("abort", stop, { once: true });
  }

  #hold(): void {
    this.#releaseHold = this.#context.holds.open("media", { media: this.#media.kind });
  }

  #release(): void {
    this.#releaseHold?.();
    this.#releaseHold = undefined;
  }

  #send(source: TrackSource, index: number, mediaMs: number): void {
    const knobs = this.#context.knobs();
    if (this.#stalled || this.#stallsAt(mediaMs, knobs)) return;
    const unit = source.unit(index, performance.timeOrigin + performance.now());
    if (!unit || !this.enabled) return;
    if (mediaMs - this.#reportedMs >= reportIntervalMs) {
      this.#reportedMs = mediaMs;
      this.#stream.sendReport();
    }
    this.#afterLag(knobs, () => {
      this.#stream.sendUnit(unit.payloads, mediaMs, unit.marked, knobs);
      if (this.#startedMs === undefined) this.#tellStart(index, mediaMs);
      if (unit.isKeyFrame) this.#tellKeyFrame(index, mediaMs);
    });
  }

  #afterLag({ audioLagMs, videoLagMs }: Readonly<LiveKnobs>, send: () => void): void {
    const lagMs = this.#media.kind === "audio" ? audioLagMs : videoLagMs;
    if (lagMs === 0) send();
    else setTimeout(() => this.#context.signal.aborted || send(), lagMs);
  }

  #stallsAt(mediaMs: number, { mediaStallAfterMs }: Readonly<LiveKnobs>): boolean {
    if (this.#startedMs === undefined || mediaStallAfterMs === null) return false;
    if (mediaMs - this.#startedMs < mediaStallAfterMs) return false;
    this.#stalled = true;
    this.#hold();
    return true;
  }

  #tellStart(index: number, mediaMs: number): void {
    this.#startedMs = mediaMs;
    this.#release();
    const { journal, details } = this.#context;
    const { kind, codec } = this.#media;
    journal.record("live.media-started", {
      ...details,
      ...{ media: kind, codec: codec.name, ssrc: this.#stream.ssrc, payloadType: codec.payloadType },
      ...(kind === "video" ? { frame: index, framesPerSecond } : {}),
    });
  }

  #tellKeyFrame(frame: number, mediaMs: number): void {
    const { journal, details } = this.#context;
    journal.record("live.frame-sent", { ...details, frame, keyFrame: true, mediaMs });
  }
}

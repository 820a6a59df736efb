// One viewer's playback: what is sent when, from the first key frame to the end.
import { randomBytes } from "node:crypto";
import { StreamEndedError } from "../errors.ts";
import { squeezedTimestamps } from "./group-of-pictures.ts";
import type { MediaUnit, VideoUnit } from "./media-unit.ts";
import { OutgoingTrack } from "./outgoing-track.ts";
import type { PlayedTrack } from "./played-tracks.ts";
import { decideSlowReader } from "./slow-reader-policy.ts";
import type { Reader, ReaderOutput } from "./stream.ts";
import { trackNumbers } from "./track-numbers.ts";

const squeezeTicks = 18_000;
/** A reader that was sent nothing for so long is shown that we are there. */
const silenceMs = 900;

/** What a reader asks the stream. */
export interface ReaderContext {
  readonly monotonicMs: () => number;
  /** When a unit of a feed with this timestamp was sampled, Unix ms. */
  readonly unixMs: (feed: number, timestamp: number) => number;
  readonly backlogLimitBytes: () => number;
  readonly requestKeyFrame: () => void;
  /** The viewer has given up a track. */
  readonly onRemoved: () => void;
  /** It plays no more, with the error if that was not the viewer's wish. */
  readonly onOver: (reader: HubReader, error: Error | undefined) => void;
}

export interface HubReaderOptions {
  readonly tracks: readonly PlayedTrack[];
  readonly output: ReaderOutput;
  readonly context: ReaderContext;
}

export class HubReader implements Reader {
  readonly #tracks: OutgoingTrack[];
  readonly #byFeed: (OutgoingTrack | undefined)[] = [];
  readonly #output: ReaderOutput;
  readonly #context: ReaderContext;
  readonly #unixMsOf: ((timestamp: number) => number)[] = [];
  #isOver = false;
  #isPaused = false;
  /** Video waits for a key frame. */
  #isWaiting: boolean;
  #slowSinceMs: number | undefined;
  /** When it was sent media last. */
  #sentAtMs = Number.NEGATIVE_INFINITY;
  /** Bytes of the kept group that was sent at once; they do not count as backlog until the network has caught up. */
  #joinBytes = 0;
  /** Wall clock of the first picture: earlier sound is left out. */
  #startsAtUnixMs: number | undefined;

  constructor(options: HubReaderOptions) {
    const cname = randomBytes(8).toString("hex");
    this.#output = options.output;
    this.#context = options.context;
    this.#tracks = options.tracks.map((track) => new OutgoingTrack({ ...track, cname }));
    for (const outgoing of this.#tracks) {
      this.#byFeed[outgoing.feed] = outgoing;
      this.#unixMsOf[outgoing.feed] = (timestamp) => options.context.unixMs(outgoing.feed, timestamp);
    }
    this.#isWaiting = this.plays(trackNumbers.video);
  }

  get tracks(): readonly OutgoingTrack[] {
    return this.#tracks;
  }

  plays(feed: number): boolean {
    return this.#byFeed[feed] !== undefined;
  }

  wasSent(feed: number): boolean {
    return this.#byFeed[feed]?.hasSent === true;
  }

  /** Sends the kept group of pictures, moved together in time, so that the viewer sees the present at once. False: it has to wait. */
  join(units: readonly VideoUnit[]): boolean {
    const video = this.#byFeed[trackNumbers.video];
    const timestamps = squeezedTimestamps(units, squeezeTicks);
    const isMoved = timestamps[0] !== units[0]?.timestamp;
    if (!video || units.length === 0 || (isMoved && this.#output.isPassedOn)) return false;
    this.#isWaiting = false;
    for (const [at, unit] of units.entries()) {
      this.#joinBytes += unit.payloadBytes;
      this.#send(video, unit, timestamps[at] ?? unit.timestamp);
      if (this.#isOver) break;
    }
    return true;
  }

  sendVideo(unit: VideoUnit): void {
    const video = this.#byFeed[trackNumbers.video];
    if (!video || this.#isPaused || this.#isOver) return;
    if (!this.#keepsUp() || (this.#isWaiting && !unit.isKeyFrame)) {
      video.skip();
      return;
    }
    this.#isWaiting = false;
    this.#send(video, unit, unit.timestamp);
  }

  sendAudio(feed: number, unit: MediaUnit): void {
    const audio = this.#byFeed[feed];
    if (!audio || this.#isPaused || this.#isOver) return;
    if (!this.#mayHear(feed, unit) || !this.#keepsUp()) audio.skip();
    else this.#send(audio, unit, unit.timestamp);
  }

  /** Once a second: sender reports, signs of life before there is media, the end of patience. */
  tick(nowMs: number): void {
    if (this.#isOver || !this.#keepsUp()) return;
    if (this.#isWaiting && !this.#isPaused) this.#context.requestKeyFrame();
    if (nowMs - this.#sentAtMs >= silenceMs && !this.#isPaused) this.#showLife();
    for (const track of this.tracks) if (track.hasSent && track.isReportDue(nowMs)) this.#report(track, nowMs);
  }

  /** Clients give up after 5 s of silence; while nothing comes they get something each second. */
  #showLife(): void {
    const [first] = this.tracks;
    if (first) this.#output.writeRtcp(first.track, first.signOfLife());
  }

  /** The source starts anew: nothing can be decoded before its first key frame. */
  awaitKeyFrame(): void {
    this.#isWaiting = this.plays(trackNumbers.video);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const track of this.tracks) track.skip();
    this.awaitKeyFrame();
    if (this.#isWaiting) this.#context.requestKeyFrame();
  }

  remove(track: number): void {
    const at = this.#tracks.findIndex((outgoing) => outgoing.track === track);
    const [removed] = at < 0 ? [] : this.#tracks.splice(at, 1);
    if (!removed) return;
    this.#byFeed[removed.feed] = undefined;
    this.#isWaiting &&= this.plays(trackNumbers.video);
    this.#context.onRemoved();
  }

  /** Ends it from our side: says goodbye on every track, then tells the output. */
  end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      for (const track of this.tracks) this.#output.writeRtcp(track.track, track.bye());
    } finally {
      this.#finish(error);
    }
  }

  /** The viewer has left. */
  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.onOver(this, undefined);
  }

  #finish(error: Error): void {
    this.#context.onOver(this, error);
    this.#output.end(error);
  }

  #send(outgoing: OutgoingTrack, unit: MediaUnit, timestamp: number): void {
    if (!outgoing.hasSent) this.#report(outgoing, this.#context.monotonicMs(), timestamp);
    this.#startsAtUnixMs ??= this.#context.unixMs(outgoing.feed, timestamp);
    this.#sentAtMs = this.#context.monotonicMs();
    this.#output.writeRtp(outgoing.track, outgoing.batch(unit, timestamp));
  }

  #report(outgoing: OutgoingTrack, nowMs: number, timestamp?: number): void {
    const unixMs = this.#unixMsOf[outgoing.feed] ?? (() => nowMs);
    this.#output.writeRtcp(outgoing.track, outgoing.report(unixMs, nowMs, timestamp));
  }

  /** Sound starts with the picture, not before. */
  #mayHear(feed: number, unit: MediaUnit): boolean {
    const video = this.#byFeed[trackNumbers.video];
    if (!video) return true;
    if (!video.hasSent || this.#startsAtUnixMs === undefined) return false;
    return this.wasSent(feed) || this.#context.unixMs(feed, unit.timestamp) >= this.#startsAtUnixMs;
  }

  /** False while the network is too far behind; then video waits for a key frame, and at last the reader is ended. */
  #keepsUp(): boolean {
    const { pendingBytes } = this.#output;
    const limitBytes = this.#context.backlogLimitBytes();
    if (pendingBytes <= limitBytes / 2) this.#joinBytes = 0;
    const nowMs = this.#context.monotonicMs();
    const isSkipping = this.#slowSinceMs !== undefined;
    const slowForMs = this.#slowSinceMs === undefined ? 0 : nowMs - this.#slowSinceMs;
    const decision = decideSlowReader({
      pendingBytes,
      limitBytes: limitBytes + this.#joinBytes,
      isSkipping,
      slowForMs,
    });
    if (decision === "send") {
      this.#slowSinceMs = undefined;
      return true;
    }
    this.#slowSinceMs ??= nowMs;
    this.awaitKeyFrame();
    if (decision === "end") this.end(new StreamEndedError("slow", "The viewer's network did not keep up for too long"));
    return false;
  }
}

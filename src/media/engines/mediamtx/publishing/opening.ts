// How what FFmpeg publishes begins at MediaMTX: held back until somebody reads, then sound, then one picture, then all else.
import { Backlog } from "../../../../foundation/backlog.ts";
import type { Clock } from "../../../../foundation/clock.ts";
import type { InterleavedFrame } from "../../../formats/rtsp-message.ts";
import type { PublishedTrack } from "./aligned-start.ts";

export interface OpeningOptions {
  /** By the channel of their RTP; RTCP has the next one. All are there before anything is pushed. */
  readonly tracks: ReadonlyMap<number, PublishedTrack>;
  /** Nothing is held for longer, even if nobody reads. */
  readonly longestMs: number;
  readonly send: (frames: readonly InterleavedFrame[]) => void;
  readonly clock: Clock;
}

/** MediaMTX says that somebody reads a moment before it is so. */
const joiningMs = 20;
/** FFmpeg's AAC comes some 50 ms after the first picture; a camera's sound may take longer, or not come. */
const soundMs = 150;
/** MediaMTX's report comes right after a track's first packets. */
const reportMs = 10;
/** One packet of sound follows another after 20 ms. */
const nextSoundMs = 40;

const rtpHeaderBytes = 12;

/**
 * MediaMTX sends a sender report with the first packet of a track that a reader gets. Players that go by reports (live555) begin anew
 * with the track's next packet, and throw away the pictures that they have by then. So of each sound two packets go before the picture,
 * and the first picture goes alone.
 */
export class Opening implements Disposable {
  readonly #options: OpeningOptions;
  readonly #pictures: Backlog<InterleavedFrame>;
  /** Of sounds. */
  #kept: InterleavedFrame[] = [];
  #firstPicture: InterleavedFrame[] = [];
  #firstTimestamp: number | undefined;
  /** Tracks of which something has come. */
  readonly #begun = new Set<number>();
  #stage: "held" | "wanted" | "sound" | "reported" | "picture" | "over" = "held";
  #timer: Disposable | undefined;

  constructor(options: OpeningOptions) {
    const { clock, send } = options;
    this.#options = options;
    this.#pictures = new Backlog({ clock, sizeOf: ({ payload }) => payload.length, send });
  }

  /** What comes goes on at once. */
  get isOver(): boolean {
    return this.#stage === "over" && this.#pictures.isEmpty;
  }

  push(frames: readonly InterleavedFrame[]): void {
    if (this.isOver) {
      this.#options.send(frames);
      return;
    }
    if (!this.#timer) this.#inMs(this.#options.longestMs, () => this.#beginSound());
    for (const frame of frames) {
      if (this.#options.tracks.has(frame.channel)) this.#begun.add(frame.channel);
      if (this.#isSound(frame.channel) || this.#isSound(frame.channel - 1)) this.#kept.push(frame);
      else if (this.#isOfFirstPicture(frame)) this.#firstPicture.push(frame);
      else this.#pictures.push([frame]);
    }
    this.#look();
  }

  /** Somebody reads. */
  release(): void {
    if (this.#stage !== "held") return;
    this.#inMs(joiningMs, () => {
      this.#stage = "wanted";
      this.#inMs(soundMs, () => this.#beginSound());
      this.#look();
    });
  }

  /** Resolves when all that has come is gone. */
  async drained(): Promise<void> {
    this.#goOn();
    await this.#pictures.drained();
  }

  /** What is left is forgotten. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#stage = "over";
    this.#pictures[Symbol.dispose]();
  }

  #look(): void {
    if (this.#stage === "picture" || this.#stage === "over") this.#sendAll();
    else if (this.#stage === "wanted" && this.#begun.size === this.#options.tracks.size) this.#beginSound();
    else if (this.#stage === "reported" && this.#firstOfEach.every((at) => at >= 0)) this.#beginPicture();
  }

  /** Of each sound the first packet. */
  #beginSound(): void {
    this.#stage = "sound";
    this.#sendSound(Math.max(...this.#firstOfEach, -1) + 1);
    this.#inMs(reportMs, () => {
      this.#stage = "reported";
      this.#inMs(nextSoundMs, () => this.#beginPicture());
      this.#look();
    });
  }

  /** Where it is among what is kept; -1 where there is none. Of sounds that have begun. */
  get #firstOfEach(): number[] {
    const sounds = [...this.#begun].filter((channel) => this.#isSound(channel));
    return sounds.map((channel) => this.#kept.findIndex((frame) => frame.channel === channel));
  }

  #beginPicture(): void {
    this.#stage = "picture";
    this.#sendAll();
    this.#inMs(reportMs, () => this.#goOn());
  }

  #goOn(): void {
    this.#timer?.[Symbol.dispose]();
    this.#stage = "over";
    this.#sendAll();
    this.#pictures.release();
  }

  /** Of what does not wait any more. */
  #sendAll(): void {
    this.#sendSound(this.#kept.length);
    const picture = this.#firstPicture.splice(0);
    if (picture.length > 0) this.#options.send(picture);
  }

  #sendSound(count: number): void {
    const frames = this.#kept.splice(0, count);
    if (frames.length > 0) this.#options.send(frames);
  }

  /** Also the report in front of it. */
  #isOfFirstPicture({ channel, payload }: InterleavedFrame): boolean {
    if (this.#stage === "over" || payload.length < rtpHeaderBytes) return false;
    if (!this.#options.tracks.has(channel)) return this.#firstTimestamp === undefined;
    const timestamp = payload.readUInt32BE(4);
    this.#firstTimestamp ??= timestamp;
    return timestamp === this.#firstTimestamp;
  }

  #isSound(channel: number): boolean {
    return this.#options.tracks.get(channel)?.kind === "audio";
  }

  #inMs(ms: number, act: () => void): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#options.clock.after(ms, act);
  }
}

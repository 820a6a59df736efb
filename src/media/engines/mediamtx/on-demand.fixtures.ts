// A path at a MediaMTX that a test plays: what it is told is written down, and FFmpeg is a promise.
import { profileLevelId } from "../../formats/h264-sps.ts";
import { highSps, pps } from "../../hub/h264-packets.fixtures.ts";
import { type StageOptions, StreamStage } from "../../hub/stream.fixtures.ts";
import type { Viewer } from "../../hub/stream.ts";
import type { RememberedStream } from "../../hub/stream-memory.ts";
import type { CarriedSound } from "./carriage.ts";
import type { DemandAttributes } from "./control-channel.ts";
import { Feeds } from "./feeds.ts";
import { OnDemandPath } from "./on-demand-path.ts";
import type { Publication } from "./publishing/publish-relay.ts";

/** An FFmpeg that was started. */
export interface FakePublisher {
  readonly input: string;
  readonly sound: CarriedSound;
  readonly signal: AbortSignal;
  /** It dies. */
  fail(error: Error): void;
}

/** A place where one publishes. */
export interface FakePublication extends Publication {
  readonly isRecording: boolean;
  isExpected: boolean;
  isReleased: boolean;
  isOver: boolean;
  /** MediaMTX has it. */
  publish(): void;
  /** All has gone on. */
  finish(): void;
  /** MediaMTX hangs up. */
  lose(): void;
}

/** It has been seen before. */
const rememberedCamera: RememberedStream = {
  profileLevelId: profileLevelId(highSps),
  sps: highSps.toString("base64"),
  pps: pps.toString("base64"),
  width: undefined,
  height: undefined,
  audioCodec: "opus",
};

export class OnDemandStage {
  readonly stream: StreamStage;
  readonly feeds = new Feeds();
  readonly publishers: FakePublisher[] = [];
  readonly told: DemandAttributes[] = [];
  readonly replaced: unknown[] = [];
  readonly path: OnDemandPath;
  readonly publications: FakePublication[] = [];
  looks = 0;
  starters: readonly Viewer[] = [{ kind: "rtsp", address: "192.0.2.9", userAgent: "" }];
  isScriptGone = true;

  constructor(options: StageOptions = {}) {
    this.stream = new StreamStage(options);
    const { path, clock, log, abort, memory } = this.stream;
    memory.save("camera_live", rememberedCamera);
    this.path = new OnDemandPath({
      stream: path,
      server: {
        replacePath: (_name, config) => void this.replaced.push(config),
        openPublication: async (_name, isRecording) => this.#openPublication(isRecording),
        findStarters: async () => this.starters,
        isScriptGone: async () => this.isScriptGone,
        look: async () => void this.looks++,
      },
      tools: {
        publisher: { publish: async (...given) => this.#publish(...given) },
        feeds: this.feeds,
        feedUrl: (at) => at,
      },
      tell: (attributes) => void this.told.push(attributes),
      clock,
      logger: log.logger,
      signal: abort.signal,
    });
  }

  /** Lets everything happen that is due. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round++) await this.stream.clock.advance(0);
  }

  async wanted(lease: string): Promise<void> {
    this.path.command(`ON-DEMAND camera_live ${lease}`);
    await this.settle();
  }

  /** FFmpeg publishes, and MediaMTX takes it. */
  async published(): Promise<void> {
    this.publications.at(-1)?.publish();
    await this.settle();
  }

  #openPublication(isRecording: boolean): FakePublication {
    const published = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    const publication: FakePublication = {
      url: "rtsp://output",
      isRecording,
      isExpected: false,
      isReleased: false,
      isOver: false,
      published: published.promise,
      done: done.promise,
      publish: published.resolve,
      finish: done.resolve,
      lost: lost.promise,
      lose: lost.resolve,
      expect: () => {
        publication.isExpected = true;
      },
      release: () => {
        publication.isReleased = true;
      },
      [Symbol.dispose]: () => {
        publication.isOver = true;
      },
    };
    this.publications.push(publication);
    return publication;
  }

  #publish(urls: { readonly input: string }, sound: CarriedSound, signal: AbortSignal): { ended: Promise<Error> } {
    const { promise: ended, resolve } = Promise.withResolvers<Error>();
    signal.addEventListener("abort", () => resolve(new Error("killed")), { once: true });
    this.publishers.push({ input: urls.input, sound, signal, fail: resolve });
    return { ended };
  }
}

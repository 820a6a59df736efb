// A path at a MediaMTX that a test plays: what it is told is written down, and FFmpeg is a promise.
import { type StageOptions, StreamStage } from "../../hub/stream.fixtures.ts";
import type { CarriedSound } from "./carriage.ts";
import type { DemandAttributes } from "./control-channel.ts";
import { Feeds } from "./feeds.ts";
import { OnDemandPath } from "./on-demand-path.ts";
import type { PublishPass } from "./publish-passes.ts";

/** An FFmpeg that was started. */
export interface FakePublisher {
  readonly input: string;
  readonly sound: CarriedSound;
  readonly signal: AbortSignal;
  /** It dies. */
  fail(error: Error): void;
}

export class OnDemandStage {
  readonly stream: StreamStage;
  readonly feeds = new Feeds();
  readonly publishers: FakePublisher[] = [];
  readonly told: DemandAttributes[] = [];
  readonly replaced: unknown[] = [];
  readonly path: OnDemandPath;
  passes = 0;
  looks = 0;

  constructor(options: StageOptions = {}) {
    this.stream = new StreamStage(options);
    const { path, clock, log, abort } = this.stream;
    this.path = new OnDemandPath({
      stream: path,
      server: {
        replacePath: (_name, config) => void this.replaced.push(config),
        issuePass: () => this.#issuePass(),
        publishUrl: () => "rtsp://output",
        findStarter: async () => ({ kind: "rtsp", address: "192.0.2.9", userAgent: "" }),
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

  #issuePass(): PublishPass {
    this.passes++;
    const revoke = (): void => void this.passes--;
    let isRevoked = false;
    return {
      login: { username: "u", password: "p" },
      refused: new Promise(() => undefined),
      revoke: () => {
        if (!isRevoked) revoke();
        isRevoked = true;
      },
    };
  }

  #publish(urls: { readonly input: string }, sound: CarriedSound, signal: AbortSignal): { ended: Promise<Error> } {
    const { promise: ended, resolve } = Promise.withResolvers<Error>();
    signal.addEventListener("abort", () => resolve(new Error("killed")), { once: true });
    this.publishers.push({ input: urls.input, sound, signal, fail: resolve });
    return { ended };
  }
}

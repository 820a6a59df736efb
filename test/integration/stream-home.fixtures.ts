// A home for tests of live streams: Belfry runs, every camera is there, and MQTT says what its stream does.
import type { LiveKnobs } from "../../simulator/contracts.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import type { BelfryOptions, BelfryProcess } from "../support/belfry-process.ts";
import type { ObservedMessage } from "../support/mqtt-observer.ts";
import { descendantsOf, type ListedProcess } from "../support/process-list.ts";
import { RtspReader, type RtspReaderOptions, RtspStatusError } from "../support/rtsp-reader.ts";
import { type HomeOptions, SimulatedHome } from "../support/simulated-home.ts";
import { differs } from "../support/stream-engines.ts";
import { until } from "../support/until.ts";

export type Attributes = Readonly<Record<string, unknown>>;

export interface StreamHomeOptions extends HomeOptions {
  readonly settings?: BelfryOptions["settings"];
  readonly path?: string;
}

export class StreamHome implements AsyncDisposable {
  readonly home: SimulatedHome;
  belfry: BelfryProcess;
  readonly #options: Pick<BelfryOptions, "settings">;

  private constructor(home: SimulatedHome, belfry: BelfryProcess, options: Pick<BelfryOptions, "settings">) {
    this.home = home;
    this.belfry = belfry;
    this.#options = options;
  }

  static async start({ settings, path, ...options }: StreamHomeOptions = {}): Promise<StreamHome> {
    const home = await SimulatedHome.start(options);
    try {
      const belfry = await home.startBelfry({ ...(settings && { settings }), ...(path && { path }) });
      await home.allAvailable();
      return new StreamHome(home, belfry, settings ? { settings } : {});
    } catch (error) {
      await home[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Belfry again, on the same data. */
  async restart(settings: BelfryOptions["settings"] = {}): Promise<void> {
    await this.belfry.stop();
    const from = this.home.observer.position;
    const { settings: usual, ...options } = this.#options;
    this.belfry = await this.home.startBelfry({ ...options, settings: { ...usual, ...settings } });
    await this.home.allAvailable({ from });
  }

  url(slug: string): string {
    return this.belfry.rtspUrl(this.home.camera(slug).record.device_id);
  }

  /** Plays; where the engine may still be at what was so before, at the second request. */
  async play(slug: string, options: RtspReaderOptions = {}): Promise<RtspReader> {
    try {
      return await RtspReader.play(this.url(slug), options);
    } catch (error) {
      if (!differs("moments") || !(error instanceof RtspStatusError)) throw error;
      return await RtspReader.play(this.url(slug), options);
    }
  }

  turn(slug: string, live: Partial<LiveKnobs>): void {
    this.home.cloud.operations.turnKnobs(slug, { live });
  }

  async command(slug: string, key: string, payload: string): Promise<void> {
    await this.home.observer.publish(this.home.topic(this.home.camera(slug), key, "command"), payload);
  }

  get position(): number {
    return this.home.observer.position;
  }

  /** Sequence number of the newest entry of the journal. */
  get journalPosition(): number {
    return this.home.cloud.journal.entries().at(-1)?.sequence ?? 0;
  }

  /** Entries about calls of one camera. */
  calls(slug: string, kind: string, after = 0): JournalEntry[] {
    const { id } = this.home.camera(slug).record;
    return this.home.cloud.journal.entries({ kind, after }).filter(({ details }) => details["doorbotId"] === id);
  }

  async untilCallsAreOver(slug: string, { timeoutMs = 15_000 } = {}): Promise<void> {
    const isOver = (): boolean => this.calls(slug, "live.requested").length === this.calls(slug, "live.ended").length;
    const after = this.journalPosition;
    if (!isOver()) await this.home.cloud.journal.waitFor(`end of the calls of ${slug}`, isOver, { timeoutMs, after });
    if (differs("moments")) await this.#untilNothingCarries(slug);
  }

  /** Whoever comes before that may still be given what has just ended. */
  async #untilNothingCarries(slug: string): Promise<void> {
    const path = new URL(this.url(slug)).pathname.slice(1);
    const carries = ({ command, environment }: ListedProcess): boolean =>
      environment.get("MTX_PATH") === path || (/ffmpeg/.test(command) && command.includes(path));
    await until(`${path} being idle`, async () => {
      const children = await descendantsOf(this.belfry.pid);
      return children.some(carries) ? undefined : true;
    });
  }

  async state(slug: string, key: string, payload: string | RegExp, { from = 0, timeoutMs = 10_000 } = {}) {
    const topic = this.home.topic(this.home.camera(slug), key, "state");
    return await this.home.observer.waitFor(`${key} of ${slug}`, topic, { payload, from, timeoutMs });
  }

  /** The first attributes of an entity from message number `from` on that are as wanted. */
  async attributes(
    slug: string,
    key: string,
    isWanted: (attributes: Attributes) => boolean,
    { from = 0, timeoutMs = 10_000 } = {},
  ): Promise<Attributes> {
    const topic = this.home.topic(this.home.camera(slug), key, "attributes");
    const matches = (message: ObservedMessage): boolean => message.topic === topic && isWanted(parse(message));
    return parse(await this.home.observer.waitFor(`${key} of ${slug}`, matches, { from, timeoutMs }));
  }

  latestAttributes(slug: string, key: string): Attributes {
    const message = this.home.observer.latest(this.home.topic(this.home.camera(slug), key, "attributes"));
    return message ? parse(message) : {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }
}

function parse({ text }: ObservedMessage): Attributes {
  const attributes: Attributes = JSON.parse(text);
  return attributes;
}

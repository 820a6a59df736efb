// A home whose cameras' events and pictures are tested: Belfry runs, push messages arrive, MQTT and the journal are read.
import type { Device } from "../../simulator/device.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import { type JsonObject, parseObject } from "../../simulator/json.ts";
import type { BelfryOptions, BelfryProcess } from "../support/belfry-process.ts";
import type { ObservedMessage, WaitOptions } from "../support/mqtt-observer.ts";
import { type HomeOptions, SimulatedHome } from "../support/simulated-home.ts";

export type Settings = BelfryOptions["settings"];

export class CameraHome implements AsyncDisposable {
  readonly home: SimulatedHome;
  belfry: BelfryProcess;

  private constructor(home: SimulatedHome, belfry: BelfryProcess) {
    this.home = home;
    this.belfry = belfry;
  }

  static async start(options: HomeOptions & { settings?: Settings } = {}): Promise<CameraHome> {
    const { settings = {}, ...others } = options;
    const home = await SimulatedHome.start(others);
    try {
      const started = new CameraHome(home, await home.startBelfry({ settings }));
      await home.allAvailable();
      await started.#pushReady(0);
      return started;
    } catch (error) {
      await home[Symbol.asyncDispose]();
      throw error;
    }
  }

  get cloud(): SimulatedHome["cloud"] {
    return this.home.cloud;
  }

  /** Belfry again, on the same data; `meanwhile` happens while it is away. */
  async restart(
    settings: Settings = {},
    meanwhile: () => Promise<void> = async () => undefined,
    end: "stop" | "kill9" = "stop",
  ): Promise<number> {
    await this.belfry[end]();
    await meanwhile();
    const from = this.position;
    const after = this.sequence;
    this.belfry = await this.home.startBelfry({ settings });
    await this.home.allAvailable({ from });
    await this.#pushReady(after);
    return from;
  }

  get position(): number {
    return this.home.observer.position;
  }

  /** Of the newest entry of the journal. */
  get sequence(): number {
    return this.cloud.journal.entries().at(-1)?.sequence ?? 0;
  }

  topic(slug: string, key: string, what: string): string {
    return this.home.topic(this.home.camera(slug), key, what);
  }

  async command(slug: string, key: string, payload: string): Promise<void> {
    await this.home.observer.publish(this.topic(slug, key, "command"), payload);
  }

  async waitFor(slug: string, key: string, what: string, options: WaitOptions = {}): Promise<ObservedMessage> {
    return await this.home.observer.waitFor(`${key}/${what} of ${slug}`, this.topic(slug, key, what), options);
  }

  /** The first attributes that match. */
  async waitForAttributes(
    slug: string,
    key: string,
    isIt: (attributes: JsonObject) => boolean,
    options: WaitOptions = {},
  ): Promise<JsonObject> {
    const topic = this.topic(slug, key, "attributes");
    const matches = (message: ObservedMessage): boolean => message.topic === topic && isIt(objectOf(message));
    return objectOf(await this.home.observer.waitFor(`such attributes of ${key} of ${slug}`, matches, options));
  }

  attributes(slug: string, key: string): JsonObject {
    return objectOf(this.home.observer.latest(this.topic(slug, key, "attributes")));
  }

  /** Payloads of events since message number `from`. */
  events(slug: string, key: string, from = 0): JsonObject[] {
    const topic = this.topic(slug, key, "state");
    return this.home.observer.messages
      .slice(from)
      .filter((message) => message.topic === topic)
      .map(objectOf);
  }

  /** `<key>/<what>` of each message of the camera since message number `from`, in the order on the wire. */
  order(slug: string, from: number, keys: readonly string[]): string[] {
    const place = `${this.home.deviceTopic(this.home.camera(slug))}/`;
    return this.home.observer.messages
      .slice(from)
      .filter(({ topic }) => topic.startsWith(place))
      .map(({ topic }) => topic.slice(place.length))
      .filter((name) => keys.includes(name.split("/")[0] ?? ""));
  }

  /** Requests for pictures of a camera since journal entry `after`: the query of each. */
  pictureRequests(slug: string, after = 0): string[] {
    return this.cloud.journal
      .entries({ after, kind: "http.answered" })
      .filter(({ details }) => details["path"] === `/snapshots/next/${this.home.camera(slug).id}`)
      .map(queryOf);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }

  /** Every camera is subscribed, the receiver is connected, and Ring knows it. */
  async #pushReady(after: number): Promise<void> {
    const { journal } = this.cloud;
    const wait = { after, timeoutMs: 20_000 };
    await journal.waitFor("connection of the push receiver", ({ kind }) => kind === "push.connected", wait);
    await journal.waitFor("push token of the session", ({ kind }) => kind === "device.registered", wait);
    const isSubscribed = ({ id }: Device): boolean => {
      const own = journal.entries({ kind: "device.subscribed" }).filter(({ details }) => details["deviceId"] === id);
      return ["ding", "motion"].every((wanted) => own.some(({ details }) => details["kind"] === wanted));
    };
    await Promise.all(
      this.home.cameras.map((camera) =>
        journal.waitFor(`subscription to ${camera.slug}`, () => isSubscribed(camera), { timeoutMs: 20_000 }),
      ),
    );
  }
}

function objectOf(message: ObservedMessage | undefined): JsonObject {
  return parseObject(message?.text ?? "") ?? {};
}

function queryOf({ details }: JournalEntry): string {
  const { query } = details;
  return typeof query === "string" ? query : JSON.stringify(query ?? {});
}

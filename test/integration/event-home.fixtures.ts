// A home with one doorbell whose recorded events are tested: what the event select says, and what its stream shows.
import { buildAccount } from "../../simulator/account-builders.ts";
import type { Device } from "../../simulator/device.ts";
import { type JsonObject, parseObject } from "../../simulator/json.ts";
import type { CameraKnobs, KnobChanges } from "../../simulator/knobs.ts";
import { defaultCacheDirectory } from "../../simulator/media/cached-file.ts";
import { recordingFile } from "../../simulator/media/recording.ts";
import { startNumberOf } from "../../simulator/recordings.ts";
import { runScript } from "../../simulator/testing.ts";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { describeStatus } from "../support/media-probe.ts";
import type { ObservedMessage } from "../support/mqtt-observer.ts";
import { descendantsOf, type ListedProcess } from "../support/process-list.ts";
import { type HomeOptions, SimulatedHome, type StartOptions } from "../support/simulated-home.ts";
import { until } from "../support/until.ts";
import type { ReadFrame } from "../support/video-reader.ts";

const slug = "front-door";
/** The newest events of the doorbell in the demo account's history. */
export const newest = { motion: "7410000000011000033", ding: "7410000000012000036" };
const script = new URL("./fetch-recording.script.ts", import.meta.url);

/** What the event select shows. */
export interface Shown {
  readonly eventId: unknown;
  readonly recordingUrl: unknown;
  readonly reason: unknown;
  readonly at: number;
}

export class EventHome implements AsyncDisposable {
  readonly home: SimulatedHome;
  belfry: BelfryProcess;
  readonly camera: Device;

  private constructor(home: SimulatedHome, belfry: BelfryProcess) {
    this.home = home;
    this.belfry = belfry;
    this.camera = home.camera(slug);
  }

  /** Belfry runs and has looked up what is selected, unless there is no plan. */
  static async start(
    options: Pick<StartOptions, "settings"> & {
      recording?: KnobChanges<CameraKnobs>["recording"];
      changes?: JsonObject;
    } = {},
  ): Promise<EventHome> {
    const { changes = {} } = options;
    const accounts: HomeOptions["accounts"] = [buildAccount({ devices: [slug], changes: { [slug]: changes } })];
    const home = await SimulatedHome.start({ accounts });
    home.cloud.operations.turnKnobs(slug, { recording: { seconds: 4, ...options.recording } });
    await prepareFilms({ seconds: 4, ...options.recording });
    const events = new EventHome(home, await home.startBelfry({ settings: options.settings ?? {} }));
    await home.allAvailable();
    return events;
  }

  async restart(): Promise<void> {
    this.belfry = await this.home.startBelfry();
  }

  get slug(): string {
    return slug;
  }

  topic(key: string, what: string): string {
    return this.home.topic(this.camera, key, what);
  }

  /** All that the event select has shown so far, oldest first. */
  get shown(): Shown[] {
    return this.shownFrom(0);
  }

  shownFrom(from: number): Shown[] {
    const topic = this.topic("event_select", "attributes");
    const messages = this.home.observer.messages.slice(from);
    return messages.filter((message) => message.topic === topic).map(shownOf);
  }

  /** The first time that the event select shows such a thing, from message number `from` on. */
  async waitForShown(
    what: string,
    isIt: (shown: Shown) => boolean,
    options: { from?: number; timeoutMs?: number } = {},
  ): Promise<Shown> {
    const topic = this.topic("event_select", "attributes");
    const matches = (message: ObservedMessage): boolean => message.topic === topic && isIt(shownOf(message));
    return shownOf(await this.home.observer.waitFor(what, matches, options));
  }

  async select(option: string): Promise<void> {
    await this.home.observer.publish(this.topic("event_select", "command"), option);
  }

  async waitForStream(state: "ON" | "OFF", from: number): Promise<ObservedMessage> {
    return await this.home.observer.waitFor(`the event stream being ${state}`, this.topic("event_stream", "state"), {
      payload: state,
      from,
      timeoutMs: 20_000,
    });
  }

  /** What Belfry runs for streams; MediaMTX itself stays. */
  async workers(): Promise<ListedProcess[]> {
    const all = await descendantsOf(this.belfry.pid);
    return all.filter(({ command }) => !/(^|\/)mediamtx /.test(command));
  }

  async untilNothingRuns(): Promise<void> {
    await until("the end of all that runs for streams", async () =>
      (await this.workers()).length === 0 ? true : undefined,
    );
  }

  get streamAttributes(): JsonObject {
    return parseObject(this.home.observer.latest(this.topic("event_stream", "attributes"))?.text ?? "") ?? {};
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.belfry.rtspPort}/${this.camera.record.device_id}_event`;
  }

  async describe(): Promise<number> {
    return await describeStatus(this.url);
  }

  /** As an automation does it. */
  async download(url: unknown): Promise<unknown> {
    const { lines, errorText } = await runScript({ cloud: this.home.cloud, script, args: [String(url)] });
    if (lines.length === 0) throw new Error(errorText);
    return lines[0];
  }

  /** What the file host answered to each request for a recording: the status, then the event. */
  get served(): string[] {
    const entries = this.home.cloud.journal.entries({ kind: "recording.served" });
    return entries.map(({ details }) => `${details["status"]} ${/(\d+)\.mp4$/.exec(String(details["path"]))?.[1]}`);
  }

  /** How often Ring was asked for the history of one kind of events, as recordings are. */
  get historyLooks(): number {
    const answers = this.home.cloud.journal.entries({ kind: "http.answered" });
    const isLook = ({ path, query }: Record<string, unknown>): boolean =>
      String(path).startsWith("/evm/v2/history/devices/") && JSON.stringify(query ?? "").includes("event_types");
    return answers.filter(({ details }) => isLook(details)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }
}

type FilmKnobs = { readonly seconds: number } & Partial<CameraKnobs["recording"]>;

/** Films are made at their first use, which takes longer than any player waits. */
async function prepareFilms({ seconds, codec, samplesPerSecond }: FilmKnobs): Promise<void> {
  for (const startNumber of [newest.motion, newest.ding].map(firstFrameOf)) {
    const film = {
      seconds,
      label: "Front Door",
      startNumber,
      ...(codec && { videoCodec: codec }),
      ...(samplesPerSecond && { samplesPerSecond }),
    };
    await recordingFile({ ...film, cacheDirectory: defaultCacheDirectory });
  }
}

function shownOf({ text, at }: ObservedMessage): Shown {
  const { eventId, recordingUrl, reason } = parseObject(text) ?? {};
  return { eventId, recordingUrl, reason, at };
}

/** The number of the first frame of an event's recording. */
export const firstFrameOf = (eventId: unknown): number => startNumberOf({ id: String(eventId) });

/** Whether the numbers count up one by one, and where they begin and end. */
export function judgeRecording(frames: readonly ReadFrame[]): { first: unknown; count: number; gaps: number } {
  const numbers = frames.map(({ number }) => number ?? Number.NaN);
  const gaps = numbers.slice(1).filter((number, at) => number !== (numbers[at] ?? 0) + 1).length;
  return { first: numbers[0], count: numbers.length, gaps };
}

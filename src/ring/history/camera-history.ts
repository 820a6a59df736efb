// The history of one camera: asks Ring for it page by page, and never two things at once.
import { abortable } from "../../foundation/abort.ts";
import type { Clock } from "../../foundation/clock.ts";
import { TransientError } from "../../foundation/errors.ts";
import type { CommandTarget } from "../command-target.ts";
import { type HistoryPage, readHistoryPage } from "./history-reply.ts";
import type { CameraHistory, HistoryRequest, RecordedEvent } from "./recorded-event.ts";
import type { SignedLink } from "./signed-link.ts";
import { type TranscodingLimits, transcodeRecording, usualTranscodingLimits } from "./transcoding.ts";

const eventsPerPage = 50;
const mostPages = 4;
const newestEvents = 20;

export interface CloudCameraHistoryOptions {
  /** Through the sign-in of the moment. */
  readonly target: () => CommandTarget;
  readonly clock: Clock;
  /** The camera's life. */
  readonly bound: (signal: AbortSignal) => AbortSignal;
  readonly transcodingLimits?: TranscodingLimits;
}

export class CloudCameraHistory implements CameraHistory {
  readonly #options: CloudCameraHistoryOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CloudCameraHistoryOptions) {
    this.#options = options;
  }

  list(request: HistoryRequest, signal: AbortSignal): Promise<readonly RecordedEvent[]> {
    const bound = this.#options.bound(signal);
    return this.#inTurn(() => this.#readPages(request, bound), bound);
  }

  transcode(eventId: string, onProgress: (waitedMs: number) => void, signal: AbortSignal): Promise<SignedLink> {
    const { target, clock, bound, transcodingLimits } = this.#options;
    const limited = bound(signal);
    const options = { limits: transcodingLimits ?? usualTranscodingLimits, clock, signal: limited };
    return this.#inTurn(() => transcodeRecording(target(), { eventId, onProgress }, options), limited);
  }

  /** The newest events of all kinds, newest first: one small request. */
  newest(signal: AbortSignal): Promise<readonly RecordedEvent[]> {
    const bound = this.#options.bound(signal);
    const read = async (): Promise<readonly RecordedEvent[]> =>
      newestFirst((await this.#readPage({ limit: String(newestEvents) }, bound)).events);
    return this.#inTurn(read, bound);
  }

  async #readPages({ kind, isEnough }: HistoryRequest, signal: AbortSignal): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let page = 0, key: string | undefined; page < mostPages; page++) {
      const query = { limit: String(eventsPerPage), event_types: kind };
      const read = await this.#readPage({ ...query, ...(key === undefined ? {} : { pagination_key: key }) }, signal);
      events.push(...read.events.filter((event) => event.kind === kind));
      key = read.nextKey;
      if (key === undefined || isEnough(events)) break;
    }
    return newestFirst(events);
  }

  async #readPage(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HistoryPage> {
    const { client, ringId, name } = this.#options.target();
    const all = new URLSearchParams({ capabilities: "offline_event", ...query });
    const url = `https://api.ring.com/evm/v2/history/devices/${ringId}?${all}`;
    const reply = await client.request(`show the history of ${name}`, { url }, { signal });
    const page = readHistoryPage(reply, this.#options.clock.now());
    if (!page) throw new TransientError("ring.odd-reply", `Ring answered with no history of ${name}`);
    return page;
  }

  /** Whoever comes later waits; who gives up waiting does not hold up the others. */
  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = before.then(() => done.promise);
    try {
      await abortable(before, signal);
      return await work();
    } finally {
      done.resolve();
    }
  }
}

function newestFirst(events: readonly RecordedEvent[]): RecordedEvent[] {
  return [...events].sort((a, b) => b.startedAt - a.startedAt);
}

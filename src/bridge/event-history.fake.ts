// A camera's history that tests write by hand; requests can fail, hang or be counted.
import { abortable } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import type { CameraHistory, HistoryRequest, RecordedEvent } from "../ring/history/recorded-event.ts";
import type { SignedLink } from "../ring/history/signed-link.ts";

const lifeMs = 900_000;

export class FakeHistory implements CameraHistory {
  events: RecordedEvent[] = [];
  failure: Error | undefined;
  /** While set, requests wait for it. */
  gate: Promise<void> | undefined;
  looks = 0;
  readonly orders: string[] = [];
  /** What becomes of an order. */
  transcoding: Promise<void> = Promise.resolve();
  readonly #clock: Clock;
  #links = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest event from now on. */
  add(event: Partial<RecordedEvent> & { eventId: string }): void {
    const startedAt = this.#clock.now();
    this.events.unshift({ kind: "motion", isPerson: false, startedAt, recording: "ready", link: undefined, ...event });
  }

  change(eventId: string, changes: Partial<RecordedEvent>): void {
    this.events = this.events.map((event) => (event.eventId === eventId ? { ...event, ...changes } : event));
  }

  async list({ kind }: HistoryRequest, signal: AbortSignal): Promise<readonly RecordedEvent[]> {
    this.looks++;
    if (this.gate) await abortable(this.gate, signal);
    if (this.failure) throw this.failure;
    return this.events
      .filter((event) => event.kind === kind)
      .map((event) => ({ ...event, link: event.recording === "ready" ? this.link() : undefined }));
  }

  async transcode(eventId: string, onProgress: (waitedMs: number) => void, signal: AbortSignal): Promise<SignedLink> {
    this.orders.push(eventId);
    onProgress(0);
    await abortable(this.transcoding, signal);
    return this.link();
  }

  link(): SignedLink {
    const now = this.#clock.now();
    return { url: `https://files.example/${++this.#links}`, renewAt: now + (lifeMs * 2) / 3, expiresAt: now + lifeMs };
  }
}

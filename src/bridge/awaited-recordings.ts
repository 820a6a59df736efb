// Events whose recording is not there yet: which ones, and when to look next. Pure bookkeeping, no requests.
import { type Backoff, backoffMs } from "../foundation/retry.ts";
import type { RecordedEvent, RecordedEventKind } from "../ring/history/recorded-event.ts";

export interface AwaitedEvent {
  readonly kind: RecordedEventKind;
  /** Undefined where we only know when it was. */
  readonly eventId: string | undefined;
  readonly happenedAt: number;
}

interface Entry extends AwaitedEvent {
  looks: number;
  lookAt: number;
  readonly giveUpAt: number;
}

/** Ring needs about a minute. */
const patienceMs = 300_000;
/** A busy camera has an event every few minutes: about seven looks for each. */
const backoff: Backoff = { firstMs: 1_500, longestMs: 20_000, jitter: 0.1 };
const togetherMs = 5_000;
const mostEntries = 20;
/** The clocks of camera, Ring and this machine may differ by so much. */
const clockToleranceMs = 10_000;

export class AwaitedRecordings {
  #entries: Entry[] = [];

  add(event: AwaitedEvent, now: number): void {
    if (event.eventId !== undefined && this.#entries.some(({ eventId }) => eventId === event.eventId)) return;
    this.#entries.push({ ...event, looks: 1, lookAt: now + backoffMs(backoff, 1), giveUpAt: now + patienceMs });
    this.#entries = this.#entries.slice(-mostEntries);
  }

  /** When to ask for the history of this kind; undefined: there is no reason to. */
  nextLook(kind: RecordedEventKind): number | undefined {
    const times = this.#entries.filter((entry) => entry.kind === kind).map(({ lookAt }) => lookAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** The history of this kind was read: what is done is forgotten, for the rest the next look is set. */
  looked(kind: RecordedEventKind, events: readonly RecordedEvent[], now: number): void {
    this.#entries = this.#entries.filter(
      (entry) => entry.kind !== kind || (now < entry.giveUpAt && !isDone(entry, events)),
    );
    for (const entry of this.#entries) {
      // This look served those who would have looked a little later, too.
      if (entry.kind !== kind || entry.lookAt > now + togetherMs) continue;
      entry.looks++;
      entry.lookAt = now + backoffMs(backoff, entry.looks);
    }
  }
}

function isDone(entry: AwaitedEvent, events: readonly RecordedEvent[]): boolean {
  const found = events.find(({ eventId, startedAt }) =>
    entry.eventId === undefined ? startedAt >= entry.happenedAt - clockToleranceMs : eventId === entry.eventId,
  );
  return found !== undefined && found.recording !== "pending";
}

// The events of an account: those of its file and those that happen while the simulator runs, newest first.
import { isObject, type JsonObject, valueAt } from "./json.ts";

export interface RingEvent {
  /** 19 digits, as text: more than a JS number can hold. */
  readonly id: string;
  readonly deviceId: number;
  /** `motion`, `ding`, `on_demand`, `intercom…` */
  readonly type: string;
  readonly startedAt: number;
  durationMs: number;
  /** `completed`, or `timed_out` for a ding that nobody answered. */
  state: string;
  /** `motion`, `human`, `package_delivery` …; null for a ding. */
  detection: string | null;
  /** Unix time in ms; undefined: there is no video and never will be. */
  recordingReadyAt: number | undefined;
  /** Names the picture in the push. */
  readonly snapshotUuid: string;
  /** Fields of the account file that go out as they are. */
  readonly raw: JsonObject;
}

export interface EventFilter {
  deviceIds?: readonly number[];
  types?: readonly string[];
  limit?: number;
  /** Only events before this one. */
  beforeId?: string | undefined;
}

let lastId = 0n;

/** A growing number of 19 digits, as Ring's are. */
export function newEventId(now: number): string {
  const candidate = BigInt(Math.floor(now)) * 1_000_000n;
  lastId = candidate > lastId ? candidate : lastId + 1n;
  return String(lastId);
}

export class EventHistory {
  readonly #events: RingEvent[] = [];

  add(event: RingEvent): void {
    this.#events.push(event);
    this.#events.sort((a, b) => b.startedAt - a.startedAt || (b.id > a.id ? 1 : -1));
  }

  find(id: string): RingEvent | undefined {
    return this.#events.find((event) => event.id === id);
  }

  findBySnapshot(uuid: string): RingEvent | undefined {
    return this.#events.find((event) => event.snapshotUuid === uuid);
  }

  list({ deviceIds, types, limit = 100, beforeId }: EventFilter = {}): RingEvent[] {
    const from = beforeId === undefined ? 0 : this.#events.findIndex((event) => event.id === beforeId) + 1;
    return this.#events
      .slice(from)
      .filter((event) => deviceIds?.includes(event.deviceId) ?? true)
      .filter((event) => types?.includes(event.type) ?? true)
      .slice(0, limit);
  }
}

/** An event of the account file. */
export function eventOfFile(item: JsonObject, shiftMs: number): RingEvent {
  const startedAt = Date.parse(String(item["start_time"])) + shiftMs;
  const duration = item["duration_ms"];
  const detection = valueAt(item, "cv.detection_type");
  const { start_time: _start, end_time: _end, visualizations, ...raw } = item;
  const media = isObject(visualizations) ? valueAt(visualizations, "cloud_media_visualization.media") : undefined;
  const isWithoutVideo = item["recording_status"] !== "ready" || (Array.isArray(media) && media.length === 0);
  return {
    id: String(item["event_id"]),
    deviceId: Number(item["source_id"]),
    type: String(item["event_type"]),
    startedAt,
    durationMs: typeof duration === "number" ? duration : 20_000,
    state: String(item["state"] ?? "completed"),
    detection: typeof detection === "string" ? detection : null,
    recordingReadyAt: isWithoutVideo ? undefined : startedAt,
    snapshotUuid: `file-${String(item["event_id"])}`,
    raw,
  };
}

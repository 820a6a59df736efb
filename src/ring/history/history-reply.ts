// Ring's `evm/v2/history` replies as recorded events. An item that is odd is left out; it costs only itself.
import { plausibleTime } from "../../foundation/clock.ts";
import { asList, asRecord, flagOf, idOf, recordOf, textOf, type WireRecord } from "../wire/record.ts";
import type { RecordedEvent, RecordedEventKind } from "./recorded-event.ts";
import { readSignedLink, type SignedLink } from "./signed-link.ts";

export interface HistoryPage {
  readonly events: readonly RecordedEvent[];
  /** For the page after this one; undefined: this is the last. */
  readonly nextKey: string | undefined;
}

const kinds: Readonly<Record<string, RecordedEventKind>> = {
  motion: "motion",
  ding: "ding",
  on_demand: "on_demand",
  on_demand_link: "on_demand",
};

/** Undefined where it is no history at all. */
export function readHistoryPage(reply: unknown, now: number): HistoryPage | undefined {
  const page = asRecord(reply);
  const items = page?.["items"];
  if (!Array.isArray(items)) return undefined;
  const events = items.flatMap((item) => readEvent(asRecord(item), now) ?? []);
  return { events, nextKey: textOf(page, "pagination_key")?.replace(/=+$/, "") };
}

function readEvent(item: WireRecord | undefined, now: number): RecordedEvent | undefined {
  const eventId = idOf(item, "event_id");
  const kind = kinds[textOf(item, "event_type") ?? ""];
  const startedAt = plausibleTime(Date.parse(textOf(item, "start_time") ?? ""));
  if (eventId === undefined || kind === undefined || startedAt === undefined) return undefined;
  const status = textOf(item, "recording_status");
  const link = status === undefined || status === "ready" ? videoLink(item, now) : undefined;
  const recording = link ? "ready" : status === "failed" ? "none" : "pending";
  return { eventId, kind, isPerson: isPerson(item), startedAt, recording, link };
}

function videoLink(item: WireRecord | undefined, now: number): SignedLink | undefined {
  const media = recordOf(recordOf(item, "visualizations"), "cloud_media_visualization")?.["media"];
  for (const one of asList(media)) {
    const record = asRecord(one);
    const url = textOf(record, "file_type") === "VIDEO" ? textOf(record, "url") : undefined;
    const link = url === undefined ? undefined : readSignedLink(url, now);
    // What is encrypted from end to end can be opened by the owner's phone alone.
    if (link && flagOf(record, "is_e2ee") !== true) return link;
  }
  return undefined;
}

function isPerson(item: WireRecord | undefined): boolean {
  const cv = recordOf(item, "cv");
  if (flagOf(cv, "person_detected") === true || textOf(cv, "detection_type") === "human") return true;
  return asList(cv?.["detection_types"]).some((one) => textOf(asRecord(one), "detection_type") === "human");
}

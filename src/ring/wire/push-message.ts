// A push message of Ring (each field is JSON in text) as what we use of it.
import { plausibleTime } from "../../foundation/clock.ts";
import type { CameraEvent } from "../camera-state.ts";
import { parseLossless } from "./lossless-json.ts";
import { asRecord, idOf, numberOf, recordOf, textOf, type WireRecord } from "./record.ts";

export interface CameraPush {
  readonly ringId: number;
  readonly event: CameraEvent;
}

const liveEvent = /^com\.ring\.pn\.live-event\.(ding|motion)$/;

/** The camera event in a message, or undefined where it is about something else. */
export function readCameraPush(data: unknown, receivedAt: number): CameraPush | undefined {
  const fields = asRecord(data);
  const config = parsedField(fields, "android_config");
  const kind = liveEvent.exec(textOf(config, "category") ?? "")?.[1];
  const body = parsedField(fields, "data");
  const ringId = numberOf(recordOf(body, "device"), "id");
  if ((kind !== "ding" && kind !== "motion") || ringId === undefined) return undefined;
  const event = recordOf(body, "event");
  const ding = recordOf(event, "ding");
  return {
    ringId,
    event: {
      kind,
      eventId: idOf(ding, "id"),
      happenedAt: happenedAt(event, parsedField(fields, "analytics"), receivedAt),
      receivedAt,
      detection: kind === "ding" ? pressOf(ding) : detectionOf(event, ding),
      text: textOf(config, "body"),
      imageId: textOf(parsedField(fields, "img"), "snapshot_uuid"),
    },
  };
}

/** The category of a message that is no camera event, for the log. */
export function pushCategory(data: unknown): string {
  return textOf(parsedField(asRecord(data), "android_config"), "category") ?? "without a category";
}

function parsedField(fields: WireRecord | undefined, key: string): WireRecord | undefined {
  const value = fields?.[key];
  return asRecord(typeof value === "string" ? parseLossless(value) : value);
}

/** Clocks differ, but nothing is told long before it happens. */
const clockToleranceMs = 60_000;

function happenedAt(event: WireRecord | undefined, analytics: WireRecord | undefined, receivedAt: number): number {
  const told = [
    numberOf(recordOf(event, "eventito"), "timestamp"),
    numberOf(analytics, "triggered_at"),
    Date.parse(textOf(recordOf(event, "ding"), "created_at") ?? ""),
  ];
  const at = told.map(plausibleTime).find((time) => time !== undefined);
  return at === undefined || at > receivedAt + clockToleranceMs ? receivedAt : at;
}

/** Ring's own words, where ours are others. */
const detections: Readonly<Record<string, string>> = {
  human: "person",
  moving_vehicle: "vehicle",
  package_delivery: "package",
  package_pickup: "package",
  null: "motion",
};

/** A press is a press; that somebody was seen is all that a message may add. */
function pressOf(ding: WireRecord | undefined): string {
  return textOf(ding, "detection_type") === "human" ? "person" : "ding";
}

function detectionOf(event: WireRecord | undefined, ding: WireRecord | undefined): string {
  const word =
    textOf(ding, "detection_type") ??
    textOf(ding, "subtype") ??
    textOf(recordOf(event, "eventito"), "type") ??
    "motion";
  return detections[word] ?? word;
}

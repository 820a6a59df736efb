// What the event entities of a camera say: the type, and the event behind it. Pure.
import type { CameraEvent } from "../ring/camera-state.ts";

/** Public API: types may be added, never taken away. */
export const motionEventTypes = ["motion", "person", "vehicle", "package", "animal", "loitering", "other_motion"];
export const doorbellEventTypes = ["ring"];

export interface EventMessage {
  readonly key: "doorbell_event" | "motion_event";
  /** JSON as Home Assistant's event platform reads it. */
  readonly payload: string;
}

export function eventMessage(event: CameraEvent): EventMessage {
  const { kind, eventId, happenedAt, receivedAt, detection, text } = event;
  const payload = {
    event_type: kind === "ding" ? "ring" : motionType(detection),
    eventId: eventId ?? null,
    happenedAt: new Date(happenedAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
    detection,
    text: text ?? null,
  };
  return { key: kind === "ding" ? "doorbell_event" : "motion_event", payload: JSON.stringify(payload) };
}

/** Home Assistant drops types that were not announced; a detection that is new to us is a motion all the same. */
function motionType(detection: string): string {
  return motionEventTypes.includes(detection) ? detection : "motion";
}

// What happens at a camera: motion and doorbell presses, as states and as events.
import type { EventKind } from "../camera-events-memory.ts";
import { holdLimits } from "../camera-events-memory.ts";
import { doorbellEventTypes, motionEventTypes } from "../camera-events-message.ts";
import type { CameraActions, CameraView } from "../camera-view.ts";
import type { HeldEventState } from "../held-event.ts";
import { type Attributes, type EntityRow, isoTime, onOff } from "./entity-row.ts";
import { parseNumber } from "./parse-number.ts";

type Row = EntityRow<CameraView, CameraActions>;

const isDoorbell = ({ camera }: CameraView): boolean => camera.isDoorbell;

export const eventRows: readonly Row[] = [
  {
    key: "motion",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Motion", device_class: "motion" },
    exists: () => true,
    state: ({ events }) => onOff(events.motion.isOn),
    attributes: ({ events, camera }) => ({
      ...lastTimes("Motion", events.motion),
      ...(camera.isMotionDetectionOn === undefined ? {} : { motionDetectionEnabled: camera.isMotionDetectionOn }),
    }),
  },
  {
    key: "motion_event",
    platform: "event",
    topics: ["state"],
    options: { name: "Motion event", device_class: "motion", event_types: motionEventTypes },
    exists: () => true,
  },
  {
    key: "ding",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Doorbell pressed", device_class: "occupancy", icon: "mdi:doorbell-video" },
    exists: isDoorbell,
    state: ({ events }) => onOff(events.ding.isOn),
    attributes: ({ events }) => lastTimes("Ding", events.ding),
  },
  {
    key: "doorbell_event",
    platform: "event",
    topics: ["state"],
    options: { name: "Doorbell", device_class: "doorbell", event_types: doorbellEventTypes },
    exists: isDoorbell,
  },
  {
    key: "last_activity",
    platform: "sensor",
    topics: ["state", "attributes"],
    options: { name: "Last activity", device_class: "timestamp", icon: "mdi:history" },
    exists: () => true,
    state: (view) => {
      const last = lastOf(view);
      return last && isoTime(last.happenedAt);
    },
    attributes: (view) => {
      const last = lastOf(view);
      return last && { kind: last.kind, detection: last.detection, eventId: last.eventId ?? null };
    },
  },
  holdRow("motion", "Motion hold time", () => true),
  holdRow("ding", "Doorbell hold time", isDoorbell),
];

function holdRow(kind: EventKind, name: string, exists: Row["exists"]): Row {
  const { min, max } = holdLimits;
  return {
    key: `${kind}_duration`,
    platform: "number",
    topics: ["state", "attributes", "command"],
    options: {
      ...{ name, min, max, step: 1, mode: "box", unit_of_measurement: "s", device_class: "duration" },
      ...{ entity_category: "config", icon: "mdi:timer-outline" },
    },
    exists,
    state: ({ events }) => String(events.holdSeconds[kind]),
    write: (payload, actions) => actions.setHoldSeconds(kind, parseNumber(payload, holdLimits)),
  };
}

function lastOf({ events: { motion, ding } }: CameraView): HeldEventState["last"] {
  if (!motion.last || !ding.last) return motion.last ?? ding.last;
  return motion.last.happenedAt > ding.last.happenedAt ? motion.last : ding.last;
}

/** ring-mqtt's names: `lastMotion` in Unix seconds (0 = never), `lastMotionTime` in ISO form (empty = never), `personDetected`. */
function lastTimes(name: "Motion" | "Ding", held: HeldEventState): Attributes {
  const { last } = held;
  return {
    [`last${name}`]: last ? Math.floor(last.happenedAt / 1000) : 0,
    [`last${name}Time`]: last ? isoTime(last.happenedAt) : "",
    ...(last?.eventId === undefined ? {} : { eventId: last.eventId }),
    personDetected: last?.detection === "person",
  };
}

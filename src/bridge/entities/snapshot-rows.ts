// The pictures of a camera, and when they are taken.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { BadCommandError, checkPress } from "../errors.ts";
import { intervalLimits, modesFor, type SnapshotMode, snapshotModes } from "../snapshot-mode-policy.ts";
import { type Attributes, type EntityRow, isoTime } from "./entity-row.ts";
import { parseNumber } from "./parse-number.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const snapshotRows: readonly Row[] = [
  {
    key: "snapshot",
    platform: "camera",
    topics: ["image", "attributes"],
    options: { name: "Snapshot" },
    exists: () => true,
    attributes: snapshotAttributes,
  },
  {
    key: "last_event_image",
    platform: "image",
    topics: ["image", "attributes"],
    options: { name: "Last event image", content_type: "image/jpeg", icon: "mdi:image-outline" },
    exists: () => true,
    attributes: eventImageAttributes,
  },
  {
    key: "snapshot_mode",
    platform: "select",
    topics: ["state", "attributes", "command"],
    options: ({ camera }) => ({
      name: "Snapshot mode",
      options: modesFor(camera.isDoorbell),
      entity_category: "config",
      icon: "mdi:camera-timer",
    }),
    exists: () => true,
    state: ({ snapshots }) => snapshots.mode,
    write: (payload, actions) => actions.setSnapshotMode(parseMode(payload)),
  },
  {
    key: "snapshot_interval",
    platform: "number",
    topics: ["state", "attributes", "command"],
    options: {
      ...{ name: "Snapshot interval", ...intervalLimits, step: 1, mode: "box", unit_of_measurement: "s" },
      ...{ device_class: "duration", entity_category: "config", icon: "mdi:timer-outline" },
    },
    exists: () => true,
    state: ({ snapshots }) => String(snapshots.intervalSeconds),
    write: (payload, actions) => actions.setSnapshotInterval(parseNumber(payload, intervalLimits)),
  },
  {
    key: "take_snapshot",
    platform: "button",
    topics: ["attributes", "command"],
    options: { name: "Take snapshot", icon: "mdi:camera" },
    exists: () => true,
    write: (payload, actions, signal) => {
      checkPress(payload);
      return actions.takeSnapshot(signal);
    },
  },
];

/** `timestamp` (Unix seconds) and `type` are ring-mqtt's; `age` is that of the moment in which this is said. */
function snapshotAttributes({ snapshots }: CameraView): Attributes | undefined {
  const { picture, ageSeconds, isStale, staleReason } = snapshots;
  if (isStale === undefined) return undefined;
  return {
    ...(picture && {
      timestamp: Math.round(picture.takenAt / 1000),
      time: isoTime(picture.takenAt),
      type: picture.type,
      source: picture.source,
      age: ageSeconds,
    }),
    stale: isStale,
    stale_reason: staleReason ?? null,
  };
}

function eventImageAttributes({ snapshots }: CameraView): Attributes | undefined {
  if (!snapshots.eventPicture) return undefined;
  const { event, picture } = snapshots.eventPicture;
  return {
    eventId: event.eventId ?? null,
    type: event.kind,
    detection: event.detection,
    happenedAt: isoTime(event.happenedAt),
    takenAt: isoTime(picture.takenAt),
    source: picture.source,
  };
}

/** In any case, as people type it. */
function parseMode(payload: string): SnapshotMode {
  const word = payload.trim().toLowerCase();
  const mode = snapshotModes.find((known) => known.toLowerCase() === word);
  if (mode) return mode;
  throw new BadCommandError(payload, `one of ${snapshotModes.join(", ")}`);
}

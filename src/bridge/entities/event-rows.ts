// What happens at a camera: motion and doorbell presses.
import type { CameraActions, CameraView } from "../camera-view.ts";
import type { HeldEventState } from "../held-event.ts";
import { type Attributes, type EntityRow, isoTime, onOff } from "./entity-row.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const eventRows: readonly Row[] = [
  {
    key: "motion",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Motion", device_class: "motion" },
    exists: () => true,
    state: ({ motion }) => onOff(motion.isOn),
    attributes: ({ motion, camera }) => ({
      ...lastTimes("Motion", motion),
      personDetected: motion.last?.detection === "person",
      ...(camera.isMotionDetectionOn === undefined ? {} : { motionDetectionEnabled: camera.isMotionDetectionOn }),
    }),
  },
  {
    key: "ding",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Ding", device_class: "occupancy", icon: "mdi:doorbell-video" },
    exists: ({ camera }) => camera.isDoorbell,
    state: ({ ding }) => onOff(ding.isOn),
    attributes: ({ ding }) => lastTimes("Ding", ding),
  },
];

/** ring-mqtt's names: `lastMotion` in Unix seconds (0 = never), `lastMotionTime` in ISO form (empty = never). */
function lastTimes(name: "Motion" | "Ding", held: HeldEventState): Attributes {
  const at = held.last?.happenedAt;
  return {
    [`last${name}`]: at === undefined ? 0 : Math.floor(at / 1000),
    [`last${name}Time`]: at === undefined ? "" : isoTime(at),
    ...(held.last?.eventId === undefined ? {} : { eventId: held.last.eventId }),
  };
}

// The entities of a camera or doorbell. Keys, topics and unique ids are public API.

import type { CameraActions, CameraView } from "../camera-view.ts";
import { BadCommandError, parseOnOff } from "../errors.ts";
import type { HeldEventState } from "../held-event.ts";
import { type Attributes, type EntityRow, isoTime, onOff } from "./entity-row.ts";
import { infoOf } from "./info-state.ts";

type Row = EntityRow<CameraView, CameraActions>;

const always = (): boolean => true;

export const cameraRows: readonly Row[] = [
  {
    key: "motion",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Motion", device_class: "motion" },
    exists: always,
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
  {
    key: "light",
    platform: "light",
    topics: ["state", "attributes", "command"],
    options: { name: "Light" },
    exists: ({ camera }) => camera.light !== undefined,
    state: ({ camera }) => (camera.light === undefined ? undefined : onOff(camera.light)),
    write: (payload, actions, signal) => actions.setLight(parseOnOff(payload), signal),
  },
  {
    key: "siren",
    platform: "siren",
    topics: ["state", "attributes", "command"],
    options: { name: "Siren", icon: "mdi:alarm-light", support_duration: true, support_volume_set: false },
    exists: ({ camera }) => camera.siren !== undefined,
    state: ({ camera }) => (camera.siren ? onOff(camera.siren.isOn) : undefined),
    write: (payload, actions, signal) => {
      const { isOn, durationSeconds } = parseSirenCommand(payload);
      return actions.setSiren(isOn, durationSeconds, signal);
    },
  },
  {
    key: "snapshot",
    platform: "camera",
    topics: ["image", "attributes"],
    options: { name: "Snapshot" },
    exists: always,
    attributes: ({ snapshot }) =>
      snapshot.takenAt === undefined
        ? undefined
        : { timestamp: Math.round(snapshot.takenAt / 1000), time: isoTime(snapshot.takenAt), type: snapshot.type },
  },
  {
    key: "stream",
    platform: "switch",
    topics: ["state", "attributes", "command"],
    options: { name: "Live stream", icon: "mdi:cctv" },
    exists: always,
    state: ({ liveStream }) => onOff(isStreaming(liveStream.state)),
    attributes: ({ liveStream }) => ({
      status: streamStatusWord[liveStream.state],
      ...(liveStream.reason === undefined
        ? {}
        : { reason: liveStream.reason.text, reason_code: liveStream.reason.code }),
      viewers: liveStream.viewers.map(({ kind, address, userAgent, since }) => ({
        kind,
        address,
        user_agent: userAgent,
        since: isoTime(since),
      })),
    }),
    write: (payload, actions) => actions.switchLiveStream(parseOnOff(payload)),
  },
  {
    key: "battery",
    platform: "sensor",
    topics: ["attributes"],
    readsFrom: "info",
    options: {
      name: "Battery",
      device_class: "battery",
      unit_of_measurement: "%",
      state_class: "measurement",
      entity_category: "diagnostic",
      value_template: '{{ value_json["batteryLevel"] | default("") }}',
    },
    exists: ({ camera }) => camera.batteries.length > 0,
    attributes: ({ camera }) => ({
      batteryLevel: lowest(camera.batteries),
      ...Object.fromEntries(camera.batteries.map((level, bay) => [`batteryLevel${bay + 1}`, level])),
      isCharging: camera.isCharging,
    }),
  },
  {
    key: "info",
    platform: "sensor",
    topics: ["state"],
    attributesFromState: true,
    options: {
      name: "Info",
      device_class: "timestamp",
      entity_category: "diagnostic",
      icon: "mdi:information-outline",
      value_template: '{{ value_json["lastUpdate"] | default("") }}',
    },
    exists: always,
    state: (view) => JSON.stringify(infoOf(view)),
  },
];

const streamStatusWord = {
  idle: "inactive",
  starting: "activating",
  ready: "active",
  closing: "inactive",
  failed: "failed",
} as const;

function isStreaming(state: keyof typeof streamStatusWord): boolean {
  return state === "starting" || state === "ready";
}

/** ring-mqtt's names: `lastMotion` in Unix seconds (0 = never), `lastMotionTime` in ISO form (empty = never). */
function lastTimes(name: "Motion" | "Ding", held: HeldEventState): Attributes {
  const at = held.last?.happenedAt;
  return {
    [`last${name}`]: at === undefined ? 0 : Math.floor(at / 1000),
    [`last${name}Time`]: at === undefined ? "" : isoTime(at),
    ...(held.last?.eventId === undefined ? {} : { eventId: held.last.eventId }),
  };
}

/** Home Assistant's siren sends JSON with a state and perhaps a duration in seconds; people send ON and OFF. */
function parseSirenCommand(payload: string): { isOn: boolean; durationSeconds: number | undefined } {
  if (!payload.trim().startsWith("{")) return { isOn: parseOnOff(payload), durationSeconds: undefined };
  const expected = 'ON, OFF or JSON such as {"state": "ON", "duration": 10}';
  let command: unknown;
  try {
    command = JSON.parse(payload);
  } catch {
    throw new BadCommandError(payload, expected);
  }
  if (typeof command !== "object" || command === null || !("state" in command) || typeof command.state !== "string") {
    throw new BadCommandError(payload, expected);
  }
  const duration = "duration" in command ? command.duration : undefined;
  if (duration !== undefined && !(typeof duration === "number" && duration >= 1 && duration <= 120)) {
    throw new BadCommandError(payload, `${expected}; the duration is 1 to 120 seconds`);
  }
  return {
    isOn: parseOnOff(command.state),
    durationSeconds: duration === undefined ? undefined : Math.round(duration),
  };
}

function lowest(levels: readonly number[]): number | undefined {
  return levels.length === 0 ? undefined : Math.min(...levels);
}

// The streams of a camera: their switches, who watches, what arrives, and how long it is live.
import type { ReceivedMedia } from "../../media/hub/received-media.ts";
import type { CameraActions, CameraView } from "../camera-view.ts";
import { parseOnOff } from "../errors.ts";
import { type Attributes, type EntityRow, onOff } from "./entity-row.ts";
import { isStreaming, statusAttributes } from "./stream-attributes.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const streamRows: readonly Row[] = [
  {
    key: "stream",
    platform: "switch",
    topics: ["state", "attributes", "command"],
    options: { name: "Live stream", icon: "mdi:cctv" },
    exists: () => true,
    state: ({ liveStream }) => onOff(isStreaming(liveStream.state)),
    attributes: ({ liveStream }) => ({
      ...statusAttributes(liveStream),
      ...(liveStream.received === undefined ? {} : { received: receivedAttributes(liveStream.received) }),
    }),
    write: (payload, actions) => actions.switchLiveStream(parseOnOff(payload)),
  },
  {
    key: "stream_lock",
    platform: "switch",
    topics: ["state", "attributes", "command"],
    options: { name: "Lock live stream", icon: "mdi:lock-outline", entity_category: "config" },
    exists: () => true,
    state: ({ liveStream }) => onOff(liveStream.isLocked),
    write: (payload, actions) => actions.lockLiveStream(parseOnOff(payload)),
  },
  {
    key: "live_seconds_today",
    platform: "sensor",
    topics: ["state"],
    options: {
      name: "Live time today",
      icon: "mdi:timer-play-outline",
      device_class: "duration",
      unit_of_measurement: "s",
      suggested_display_precision: 0,
      state_class: "total_increasing",
      entity_category: "diagnostic",
    },
    exists: () => true,
    state: ({ liveStream }) => String(liveStream.secondsToday),
  },
];

/** Names by profile_idc. */
const profileNames: Readonly<Record<string, string>> = {
  "42": "Baseline",
  "4d": "Main",
  "58": "Extended",
  "64": "High",
};

function receivedAttributes(received: ReceivedMedia): Attributes {
  const { videoCodec, profileLevelId, width, height, fps, bitsPerSecond, audioCodec, packets, packetsLost } = received;
  const profile = profileLevelId && (profileNames[profileLevelId.slice(0, 2)] ?? profileLevelId);
  const sent = packets + packetsLost;
  return {
    ...(videoCodec === undefined ? {} : { video: videoCodec }),
    ...(profile === undefined ? {} : { profile }),
    ...(width === undefined || height === undefined ? {} : { resolution: `${width}x${height}` }),
    fps,
    kbit_per_second: Math.round(bitsPerSecond / 1_000),
    ...(audioCodec === undefined ? {} : { audio: audioCodec }),
    packets,
    packets_lost: packetsLost,
    loss_percent: sent === 0 ? 0 : Math.round((packetsLost / sent) * 10_000) / 100,
  };
}

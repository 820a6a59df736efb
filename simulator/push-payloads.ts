// The texts of push notifications as Ring sends them through FCM: every value is JSON in a string.
import { randomBytes, randomUUID } from "node:crypto";
import type { RawDevice } from "./contracts.ts";
import type { JsonObject } from "./json.ts";

export interface LivePush {
  readonly device: RawDevice;
  readonly kind: "ding" | "motion" | "intercom";
  /** 19 digits; absent as in some captures of battery doorbells. */
  readonly dingId?: string;
  readonly createdAt: number;
  /** What the camera saw: `motion`, `human`, `package_delivery` …; ignored for a ding. */
  readonly detection: string;
  readonly snapshotUuid?: string;
}

const serverDelayMs = 250;

/** A ding, a motion event or an intercom's ring. */
export function livePush(push: LivePush): Record<string, string> {
  const { device, kind, createdAt, snapshotUuid } = push;
  return {
    version: "2.0.0",
    android_config: JSON.stringify({
      category: `com.ring.pn.live-event.${kind}`,
      body: bodyText(push),
      ...(kind === "motion" ? { channel: `motion_channel_notification${device.id}` } : {}),
      group_key: device.location_id,
    }),
    analytics: JSON.stringify(analytics(device, kind, createdAt)),
    data: JSON.stringify({
      device: deviceText(device),
      event: eventText(push),
      location: { id: device.location_id },
    }),
    ...(snapshotUuid === undefined ? {} : { img: JSON.stringify({ snapshot_uuid: `${snapshotUuid}:${device.id}` }) }),
  };
}

/**
 * The door was opened from the app. Two clients read two places: the text `gcmData` at the top, and the same inside `data`;
 * both are sent, as the union that either understands.
 */
export function intercomUnlockPush(device: RawDevice, at: number): Record<string, string> {
  const gcmData = {
    aps: { alert: `${device.description} was unlocked` },
    action: "com.ring.push.INTERCOM_UNLOCK_FROM_APP",
    alarm_meta: { device_zid: device.id, location_id: device.location_id },
  };
  return {
    gcmData: JSON.stringify(gcmData),
    data: JSON.stringify({ gcmData }),
    analytics: JSON.stringify(analytics(device, "intercom_unlock", at)),
  };
}

function bodyText({ device, kind, detection }: LivePush): string {
  if (kind !== "motion") return `🔔 Someone is at your ${device.description}`;
  if (detection === "human") return `There is a Person at your ${device.description}`;
  return `There is motion at your ${device.description}`;
}

const deviceText = (device: RawDevice): JsonObject => ({
  e2ee_enabled: false,
  id: device.id,
  kind: device.kind,
  name: device.description,
});

const analytics = (device: RawDevice, subcategory: string, at: number): JsonObject => ({
  server_correlation_id: randomUUID(),
  server_id: "com.ring.pns",
  subcategory,
  triggered_at: at,
  sent_at: at + serverDelayMs,
  referring_item_type: "device_id",
  referring_item_id: String(device.id),
});

function eventText({ kind, createdAt, detection, dingId }: LivePush): JsonObject {
  const isMotion = kind === "motion";
  return {
    ding: {
      ...(dingId === undefined ? {} : { id: dingId }),
      created_at: new Date(createdAt).toISOString().replace(/\.\d+/, ""),
      subtype: isMotion ? detection : "ding",
      ...(isMotion ? { detection_type: detection } : {}),
    },
    ...(kind === "intercom" ? {} : { eventito: { type: isMotion ? detection : "ding", timestamp: createdAt } }),
    riid: randomBytes(16).toString("hex"),
    is_sidewalk: false,
    live_session: {
      streaming_data_hash: `sh-v1|${randomBytes(16).toString("hex")}`,
      active_streaming_profile: "rms",
      default_audio_route: kind === "intercom" ? "quiet_speaker" : "loud_speaker",
      max_duration: 600,
    },
  };
}

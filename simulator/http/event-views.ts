// One event in the forms that Ring's end points show it in.
import type { Device } from "../device.ts";
import type { RingEvent } from "../event-history.ts";
import type { JsonObject } from "../json.ts";
import type { Recordings } from "../recordings.ts";

const isReady = (event: RingEvent): boolean =>
  event.recordingReadyAt !== undefined && event.recordingReadyAt <= Date.now();
const iso = (at: number): string => new Date(at).toISOString();
const seconds = (event: RingEvent): number => Math.round(event.durationMs / 1000);

/** `evm/v2/history`. */
export function evmItem(event: RingEvent, device: Device, recordings: Recordings): JsonObject {
  return {
    schema: "Event",
    source_id: String(event.deviceId),
    source_type: "ring",
    event_id: event.id,
    start_time: iso(event.startedAt),
    end_time: iso(event.startedAt + event.durationMs),
    event_type: event.type,
    duration_ms: event.durationMs,
    session_duration: seconds(event),
    state: event.state,
    had_subscription: device.hasSubscription,
    is_favorite: false,
    recording_status: isReady(event) ? "ready" : "pending",
    cv: cv(event),
    properties: { is_alexa: false, is_sidewalk: false, is_autoreply: false },
    error_message: null,
    updated_at: iso(event.startedAt + event.durationMs),
    device: { id: event.deviceId, description: device.record.description, type: device.record.kind },
    owner_id: device.accountId,
    ...event.raw,
    visualizations: {
      cloud_media_visualization: { schema: "CloudMediaVisualization", media: media(event, device, recordings) },
      local_media_visualization: null,
      radar_visualization: null,
      map_visualization: null,
      single_coordinate_visualization: null,
    },
  };
}

function cv(event: RingEvent): JsonObject {
  const { detection } = event;
  return {
    person_detected: detection === null ? null : detection === "human",
    stream_broken: false,
    detection_type: detection,
    detection_types: detection === null ? [] : [{ detection_type: detection, verified_timestamps: [event.startedAt] }],
    cv_triggers: [],
  };
}

function media(event: RingEvent, device: Device, recordings: Recordings): JsonObject[] {
  const isHevc = device.knobs.recording.codec === "h265";
  return (["VIDEO", "THUMBNAIL"] as const).flatMap((fileType) => {
    const url = recordings.link(event, fileType);
    if (url === undefined) return [];
    return {
      schema: "Media",
      url,
      file_type: fileType,
      file_family: fileType === "VIDEO" ? "MP4" : "JPEG",
      custom_metadata: fileType === "VIDEO" ? { audio_encoding: "aac", video_encoding: isHevc ? "hevc" : "avc" } : null,
      is_e2ee: false,
      manifest_id: null,
      preroll_duration_ms: 0,
      playback_duration: event.durationMs,
      source: "ring",
    };
  });
}

/** `doorbots/{id}/history`: the Python client wants the id as a number and the recording always there. */
export function doorbotHistoryItem(event: RingEvent, device: Device): string {
  const item = JSON.stringify({
    created_at: iso(event.startedAt).replace(/\d\d\dZ$/, "000Z"),
    kind: event.type,
    answered: event.state === "completed" && event.type === "ding",
    favorite: false,
    events: [],
    snapshot_url: "",
    recording: { status: isReady(event) ? "ready" : "pending" },
    doorbot: { id: device.id, description: device.record.description },
    cv_properties: legacyCv(event),
    duration: seconds(event),
  });
  return `{"id":${event.id},${item.slice(1)}`;
}

const legacyCv = (event: RingEvent): JsonObject => ({
  detection_type: event.detection,
  person_detected: event.detection === null ? null : event.detection === "human",
  stream_broken: false,
});

/** `locations/{id}/events`. The numeric id is written by hand: it has more digits than a JS number. */
export function locationEvent(event: RingEvent): string {
  const item = JSON.stringify({
    created_at: iso(event.startedAt),
    cv_properties: legacyCv(event),
    ding_id_str: event.id,
    doorbot_id: event.deviceId,
    favorite: false,
    kind: event.type,
    recorded: event.recordingReadyAt !== undefined,
    recording_status: isReady(event) ? "ready" : "audio_ready",
    state: event.state,
  });
  return `{"ding_id":${event.id},${item.slice(1)}`;
}

/** `video_search/history`. */
export function videoSearchItem(event: RingEvent, device: Device, recordings: Recordings): JsonObject {
  const video = recordings.link(event, "VIDEO") ?? null;
  return {
    ding_id: event.id,
    created_at: event.startedAt,
    hq_url: video,
    lq_url: video,
    untranscoded_url: video,
    thumbnail_url: recordings.link(event, "THUMBNAIL") ?? null,
    kind: event.type,
    state: event.state,
    had_subscription: device.hasSubscription,
    favorite: false,
    duration: seconds(event),
    preroll_duration: null,
    cv_properties: legacyCv(event),
  };
}

/** `dings/active`. */
export function activeDing(event: RingEvent, device: Device, now: number): JsonObject {
  return {
    id: Number(event.id),
    id_str: event.id,
    doorbot_id: device.id,
    doorbot_description: device.record.description,
    device_kind: device.record.kind,
    now: event.startedAt / 1000,
    expires_in: Math.max(0, Math.round((event.startedAt + activeMs - now) / 1000)),
    kind: event.type,
    state: "ringing",
    motion: event.type === "motion",
    snapshot_url: "",
    protocol: "sip",
    sip_server_ip: "127.0.0.1",
    sip_server_port: 0,
  };
}

/** How long a ding stays active. */
export const activeMs = 180_000;

// Takes the entities of a camera over from ring-mqtt: Home Assistant lets go of its single discovery messages and keeps names,
// history and settings for ours, which have the same unique ids.
import type { DeviceDescription, EntityDescription } from "./entity-description.ts";

export interface TakeoverMessage {
  readonly topic: string;
  readonly payload: string;
}

/** What ring-mqtt announces of a camera: component by key. */
const announced: Readonly<Record<string, string>> = {
  battery: "sensor",
  ding: "binary_sensor",
  ding_duration: "number",
  event_select: "select",
  event_stream: "switch",
  info: "sensor",
  light: "light",
  motion: "binary_sensor",
  motion_detection: "switch",
  motion_duration: "number",
  motion_warning: "switch",
  siren: "switch",
  snapshot: "camera",
  snapshot_interval: "number",
  snapshot_mode: "select",
  stream: "switch",
  take_snapshot: "button",
  wireless: "sensor",
};

/** Before ours: has Home Assistant unload those entities that we announce, too; it keeps what its owner made of them. */
export function askedToMigrate(
  prefix: string,
  device: DeviceDescription,
  entities: readonly EntityDescription[],
): TakeoverMessage[] {
  return entities
    .filter(({ key, platform }) => Object.hasOwn(announced, key) && announced[key] === platform)
    .map(({ key, platform }) => ({ topic: oldTopic(prefix, platform, device, key), payload: migrate }));
}

/** After ours: the old topics are empty, and what has no successor under its id (the siren was a switch) is gone. */
export function oldTopics(prefix: string, device: DeviceDescription): string[] {
  return Object.entries(announced).map(([key, component]) => oldTopic(prefix, component, device, key));
}

const migrate = JSON.stringify({ migrate_discovery: true });

function oldTopic(prefix: string, component: string, { id, locationId }: DeviceDescription, key: string): string {
  return `${prefix}/${component}/${locationId}/${id}_${key}/config`;
}

// Every MQTT topic that we use. They are public API: automations, scripts and other programs are built on them.
import { createHash } from "node:crypto";
import { PermanentError } from "../foundation/errors.ts";
import { topicProblem } from "../mqtt/topic-match.ts";
import type { DeviceDescription, EntityTopic } from "./entity-description.ts";

export interface TopicOptions {
  /** Above all our own topics; `ring` where not given. */
  readonly base?: string | undefined;
  /** Where Home Assistant looks for discovery messages; `homeassistant` where not given. */
  readonly discoveryPrefix?: string | undefined;
  /** Where Home Assistant says that it has started; `<discovery prefix>/status` where not given. */
  readonly birthTopic?: string | undefined;
}

/** What places a device in the topic tree. */
export type DevicePlace = Pick<DeviceDescription, "id" | "locationId" | "category">;

export interface CommandTarget {
  /** As `Topics.device` gives it. */
  readonly device: string;
  readonly key: string;
}

export class Topics {
  readonly base: string;
  readonly discoveryPrefix: string;
  readonly birth: string;
  /** `online`, or `offline`: said by us before a clean end, else by the broker (last will). */
  readonly bridgeStatus: string;
  /** Matches every command topic, whatever the device. */
  readonly commandFilter: string;
  /** Where we listen for ourselves. */
  readonly commandEcho: string;
  /** No topic on which Home Assistant looks for discovery messages. */
  readonly discoveryEcho: string;

  /** Throws PermanentError `mqtt.topic` for a name that MQTT does not allow. */
  constructor(options: TopicOptions = {}) {
    this.base = checked("ring_topic", options.base ?? "ring");
    this.discoveryPrefix = checked("the discovery prefix", options.discoveryPrefix ?? "homeassistant");
    this.birth = checked("the birth topic", options.birthTopic ?? `${this.discoveryPrefix}/status`);
    this.bridgeStatus = `${this.base}/bridge/status`;
    this.commandFilter = `${this.base}/+/+/+/+/command`;
    this.commandEcho = `${this.base}/bridge/bridge/belfry/echo/command`;
    this.discoveryEcho = `${this.discoveryPrefix}/device/belfry/echo`;
  }

  /** `<base>/<location>/<category>/<device>` */
  device(place: DevicePlace): string {
    return [this.base, topicPart(place.locationId), place.category, topicPart(place.id)].join("/");
  }

  /** Availability of one device. */
  deviceStatus(place: DevicePlace): string {
    return `${this.device(place)}/status`;
  }

  /** JSON `{"reason": text or null}`: why the device is not available. */
  deviceStatusAttributes(place: DevicePlace): string {
    return attributesOf(this.deviceStatus(place));
  }

  entity(place: DevicePlace, key: string, topic: EntityTopic): string {
    return `${this.device(place)}/${topicPart(key)}/${topic}`;
  }

  /** Home Assistant ignores messages whose last parts have other characters than letters, digits, `_` and `-`. */
  discovery(deviceId: string): string {
    return `${this.discoveryPrefix}/device/${topicPart(deviceId)}/config`;
  }

  /** The device and key that a command topic is for; undefined for any other topic. */
  parseCommand(topic: string): CommandTarget | undefined {
    const levels = topic.startsWith(`${this.base}/`) ? topic.slice(this.base.length + 1).split("/") : [];
    const [location, category, device, key, last] = levels;
    if (levels.length !== 5 || last !== "command" || key === undefined) return undefined;
    return { device: [this.base, location, category, device].join("/"), key };
  }
}

/** Of the topics of a device; entities have none of that name. */
export const isDeviceStatus = (topic: string): boolean => topic.endsWith("/status");

/** JSON beside the availability of a device. */
export const attributesOf = (deviceStatus: string): string => `${deviceStatus}/attributes`;

/** An id as one topic level. Where characters are lost, a short hash keeps different ids apart. */
export function topicPart(id: string): string {
  const safe = id.replace(/[^A-Za-z0-9_-]/g, "_");
  if (safe === id && id !== "") return id;
  return `${safe}_${createHash("sha256").update(id).digest("hex").slice(0, 6)}`;
}

function checked(what: string, topic: string): string {
  const problem = topicProblem(topic);
  if (problem)
    throw new PermanentError("mqtt.topic", `${what} ${JSON.stringify(topic)} is no usable MQTT topic: ${problem}`);
  return topic;
}

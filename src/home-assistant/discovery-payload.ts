// The one discovery message of a device: everything that Home Assistant must know of it and its entities. Pure.
import type { DeviceDescription, EntityDescription, EntityTopic } from "./entity-description.ts";
import { slugify } from "./slug.ts";
import { type Topics, topicPart } from "./topics.ts";

export interface Origin {
  readonly name: string;
  readonly softwareVersion: string;
  readonly supportUrl?: string;
}

export interface DiscoveryInput {
  readonly device: DeviceDescription;
  readonly entities: readonly EntityDescription[];
  readonly topics: Topics;
  readonly origin: Origin;
  /** Stands for the device in its entity ids (see `deviceSlug`). */
  readonly slug: string;
  /** Keys with the platforms that they had: announced without content, which makes Home Assistant remove those entities. */
  readonly removed?: Readonly<Record<string, string>>;
}

export type JsonObject = { readonly [key: string]: unknown };

export function buildDiscovery(input: DiscoveryInput): JsonObject {
  const { device, entities, topics, origin } = input;
  const components: Record<string, JsonObject> = {};
  for (const entity of entities) components[entity.key] = component(entity, input);
  for (const [key, platform] of Object.entries(input.removed ?? {})) components[key] = { platform };
  const availability = [{ topic: topics.bridgeStatus }];
  if (device.category !== "bridge") availability.push({ topic: topics.deviceStatus(device) });
  return {
    device: withoutGaps({
      identifiers: [device.id],
      name: device.name,
      manufacturer: device.manufacturer,
      model: device.model,
      sw_version: device.softwareVersion,
      serial_number: device.serialNumber,
      via_device: device.via,
      configuration_url: device.configurationUrl,
    }),
    origin: withoutGaps({ name: origin.name, sw_version: origin.softwareVersion, support_url: origin.supportUrl }),
    availability,
    availability_mode: "all",
    qos: 1,
    components,
  };
}

function component(entity: EntityDescription, { device, topics, slug }: DiscoveryInput): JsonObject {
  return {
    platform: entity.platform,
    unique_id: `${device.id}_${entity.key}`,
    default_entity_id: `${entity.platform}.${slug}_${slugify(entity.key) ?? topicPart(entity.key)}`,
    ...entity.options,
    ...(entity.showsAvailability
      ? availabilityOptions(device, topics)
      : topicOptions(entity, (key, topic) => topics.entity(device, key, topic))),
  };
}

function availabilityOptions(device: DeviceDescription, topics: Topics): JsonObject {
  return {
    availability: [{ topic: topics.bridgeStatus }],
    state_topic: topics.deviceStatus(device),
    payload_on: "online",
    payload_off: "offline",
    json_attributes_topic: topics.deviceStatusAttributes(device),
  };
}

/** Own topics win; with `readsFrom` state and picture come from that key where the entity has none of its own. */
function topicOptions(entity: EntityDescription, at: (key: string, topic: EntityTopic) => string): JsonObject {
  const own = (topic: EntityTopic): string | undefined =>
    entity.topics.includes(topic) ? at(entity.key, topic) : undefined;
  const read = (topic: EntityTopic): string | undefined =>
    own(topic) ?? (entity.readsFrom === undefined ? undefined : at(entity.readsFrom, topic));
  const attributes = own(entity.attributesFromState ? "state" : "attributes");
  const common = { json_attributes_topic: attributes, command_topic: own("command") };
  switch (entity.platform) {
    case "button":
      return withoutGaps(common);
    case "camera":
      return withoutGaps({ ...common, topic: read("image") });
    case "image":
      return withoutGaps({
        ...common,
        ...(own("state") ? { url_topic: own("state") } : { image_topic: read("image") }),
      });
    default:
      return withoutGaps({ ...common, state_topic: read("state") });
  }
}

function withoutGaps(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

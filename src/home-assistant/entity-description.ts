// What a device and its entities are for Home Assistant, before topics, ids and availability are added.

export type Platform =
  | "binary_sensor"
  | "button"
  | "camera"
  | "event"
  | "image"
  | "light"
  | "number"
  | "select"
  | "sensor"
  | "siren"
  | "switch"
  | "update";

/** The topics that an entity has under `<ring_topic>/<location_id>/<category>/<device_id>/<key>/`. */
export type EntityTopic = "state" | "attributes" | "command" | "image";

export interface EntityDescription {
  /** Last part of the unique id and name of the topic level. Public API: never renamed. */
  readonly key: string;
  readonly platform: Platform;
  /** Key whose topics it reads, where that is not its own (battery and wireless read `info/state`). */
  readonly readsFrom?: string;
  /** Its state is JSON and serves as its attributes, too (info). */
  readonly attributesFromState?: boolean;
  /** A binary sensor that shows the availability of its device, with the reason as attribute; it is there as long as the bridge is. */
  readonly showsAvailability?: boolean;
  readonly topics: readonly EntityTopic[];
  /** Discovery options of the platform, as Home Assistant names them; no topics, ids or availability. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface DeviceDescription {
  readonly id: string;
  /** Topic level above the device; `bridge` for the bridge device itself. */
  readonly locationId: string;
  readonly category: "camera" | "bridge";
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly softwareVersion?: string | undefined;
  readonly serialNumber?: string | undefined;
  /** Device id of the bridge. */
  readonly via?: string | undefined;
  readonly configurationUrl?: string | undefined;
}

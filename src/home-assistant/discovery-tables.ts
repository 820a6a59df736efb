// What Home Assistant 2026.11 accepts in MQTT discovery, for the platforms that we use: facts as data, for the validator.
import type { Platform } from "./entity-description.ts";

/** How the value of an option must look. */
export type Kind =
  | "boolean"
  | "count"
  | "icon"
  | "nullableText"
  | "number"
  | "publishTopic"
  | "qos"
  | "subscribeTopic"
  | "text"
  | "texts"
  | "url";

type Options = Readonly<Record<string, Kind>>;

export const rootKeys: readonly string[] = [
  "device",
  "origin",
  "components",
  "availability",
  "availability_mode",
  "availability_template",
  "availability_topic",
  "command_topic",
  "encoding",
  "message_expiry_interval",
  "payload_available",
  "payload_not_available",
  "qos",
  "state_topic",
];

export const deviceOptions: Options = {
  configuration_url: "url",
  hw_version: "text",
  identifiers: "texts",
  manufacturer: "text",
  model: "text",
  model_id: "text",
  name: "text",
  serial_number: "text",
  sw_version: "text",
  via_device: "text",
};

export const originOptions: Options = { name: "text", sw_version: "text", support_url: "url" };

export const availabilityOptions: Options = {
  topic: "subscribeTopic",
  payload_available: "text",
  payload_not_available: "text",
  value_template: "text",
};

export const availabilityModes: readonly string[] = ["all", "any", "latest"];

/** Of every entity. `availability` and the rest of the device's own rules are checked by hand. */
const common: Options = {
  availability_mode: "text",
  availability_template: "text",
  availability_topic: "subscribeTopic",
  default_entity_id: "text",
  enabled_by_default: "boolean",
  encoding: "text",
  entity_category: "text",
  entity_picture: "url",
  group: "texts",
  icon: "icon",
  json_attributes_template: "text",
  json_attributes_topic: "subscribeTopic",
  message_expiry_interval: "count",
  name: "nullableText",
  payload_available: "text",
  payload_not_available: "text",
  platform: "text",
  qos: "qos",
  unique_id: "text",
  visible_by_default: "boolean",
};

const readOnly: Options = { ...common, state_topic: "subscribeTopic", value_template: "text" };

const writable: Options = {
  ...common,
  command_topic: "publishTopic",
  optimistic: "boolean",
  retain: "boolean",
  state_topic: "subscribeTopic",
};

const onOff: Options = { payload_off: "text", payload_on: "text" };

const light: Options = {
  ...writable,
  ...onOff,
  brightness_command_template: "text",
  brightness_command_topic: "publishTopic",
  brightness_scale: "count",
  brightness_state_topic: "subscribeTopic",
  brightness_value_template: "text",
  color_mode_state_topic: "subscribeTopic",
  color_mode_value_template: "text",
  color_temp_command_template: "text",
  color_temp_command_topic: "publishTopic",
  color_temp_kelvin: "boolean",
  color_temp_state_topic: "subscribeTopic",
  color_temp_value_template: "text",
  effect_command_template: "text",
  effect_command_topic: "publishTopic",
  effect_list: "texts",
  effect_state_topic: "subscribeTopic",
  effect_value_template: "text",
  max_kelvin: "count",
  min_kelvin: "count",
  on_command_type: "text",
  schema: "text",
  state_value_template: "text",
};

export const platformOptions: Readonly<Record<Platform, Options>> = {
  binary_sensor: {
    ...readOnly,
    ...onOff,
    device_class: "nullableText",
    expire_after: "count",
    force_update: "boolean",
    off_delay: "count",
  },
  button: {
    ...common,
    command_template: "text",
    command_topic: "publishTopic",
    device_class: "nullableText",
    payload_press: "text",
    retain: "boolean",
  },
  camera: { ...common, image_encoding: "text", topic: "subscribeTopic" },
  event: { ...readOnly, device_class: "text", event_types: "texts" },
  image: {
    ...common,
    content_type: "text",
    image_encoding: "text",
    image_topic: "subscribeTopic",
    url_template: "text",
    url_topic: "subscribeTopic",
  },
  light,
  number: {
    ...writable,
    command_template: "text",
    device_class: "nullableText",
    max: "number",
    min: "number",
    mode: "text",
    payload_reset: "text",
    step: "number",
    unit_of_measurement: "nullableText",
    value_template: "text",
  },
  select: { ...writable, command_template: "text", options: "texts", value_template: "text" },
  sensor: {
    ...readOnly,
    device_class: "nullableText",
    expire_after: "count",
    force_update: "boolean",
    last_reset_value_template: "text",
    options: "texts",
    state_class: "nullableText",
    suggested_display_precision: "count",
    unit_of_measurement: "nullableText",
  },
  siren: {
    ...writable,
    ...onOff,
    available_tones: "texts",
    command_off_template: "text",
    command_template: "text",
    state_off: "text",
    state_on: "text",
    state_value_template: "text",
    support_duration: "boolean",
    support_volume_set: "boolean",
  },
  switch: {
    ...writable,
    ...onOff,
    command_template: "text",
    device_class: "nullableText",
    state_off: "text",
    state_on: "text",
    value_template: "text",
  },
  update: {
    ...readOnly,
    command_topic: "publishTopic",
    device_class: "nullableText",
    display_precision: "count",
    latest_version_template: "text",
    latest_version_topic: "subscribeTopic",
    payload_install: "text",
    release_summary: "text",
    release_url: "text",
    retain: "boolean",
    title: "text",
  },
};

/** Options that a platform cannot do without. */
export const requiredOptions: Readonly<Record<Platform, readonly string[]>> = {
  binary_sensor: ["state_topic"],
  button: ["command_topic"],
  camera: ["topic"],
  event: ["state_topic", "event_types"],
  image: [],
  light: ["command_topic"],
  number: ["command_topic"],
  select: ["command_topic", "options"],
  sensor: ["state_topic"],
  siren: ["command_topic"],
  switch: ["command_topic"],
  update: ["state_topic"],
};

/** Units that Home Assistant takes with a class; an empty list: none at all. */
export const classUnits: Readonly<Record<string, readonly string[]>> = {
  battery: ["%"],
  data_rate: ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s", "MB/s", "GB/s", "KiB/s", "MiB/s", "GiB/s"],
  data_size: ["bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
  date: [],
  distance: ["km", "m", "cm", "mm", "μm", "mi", "nmi", "yd", "in", "ft"],
  duration: ["d", "h", "min", "s", "ms", "μs"],
  enum: [],
  frequency: ["mHz", "Hz", "kHz", "MHz", "GHz"],
  humidity: ["%"],
  illuminance: ["lx"],
  signal_strength: ["dB", "dBm"],
  temperature: ["°C", "°F", "K"],
  timestamp: [],
  uptime: [],
  voltage: ["μV", "mV", "V", "kV", "MV"],
};

/** Sensor classes whose history Home Assistant may keep as statistics, and how; classes not named take any. */
export const classStateClasses: Readonly<Record<string, readonly string[]>> = {
  battery: ["measurement"],
  data_rate: ["measurement"],
  date: [],
  enum: [],
  frequency: ["measurement"],
  humidity: ["measurement"],
  illuminance: ["measurement"],
  signal_strength: ["measurement"],
  temperature: ["measurement"],
  timestamp: [],
  uptime: [],
  voltage: ["measurement"],
};

export const stateClasses: readonly string[] = ["measurement", "measurement_angle", "total", "total_increasing"];

const measured = ["battery", "data_rate", "data_size", "distance", "duration", "frequency", "humidity", "illuminance"];

export const deviceClasses: Readonly<Partial<Record<Platform, readonly string[]>>> = {
  binary_sensor:
    "battery battery_charging carbon_monoxide cold connectivity door garage_door gas glass_break heat light lock moisture motion moving occupancy opening plug power presence problem running safety smoke sound tamper update vibration window".split(
      " ",
    ),
  button: ["identify", "restart", "update"],
  event: ["button", "doorbell", "motion"],
  number: [...measured, "signal_strength", "temperature", "voltage"],
  sensor: Object.keys(classUnits),
  switch: ["outlet", "switch"],
  update: ["firmware"],
};

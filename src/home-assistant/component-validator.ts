// The rules for one component of a discovery message: what is allowed, required and consistent on its platform.
import {
  classStateClasses,
  classUnits,
  deviceClasses,
  platformOptions,
  requiredOptions,
  stateClasses,
} from "./discovery-tables.ts";
import type { Platform } from "./entity-description.ts";
import { optionProblems } from "./option-values.ts";

type Component = Record<string, unknown>;

export interface ComponentContext {
  /** Options of the device that a component has without naming them. */
  readonly inherited: Component;
  readonly deviceName: unknown;
}

export function validateComponent(where: string, component: Component, context: ComponentContext): string[] {
  const { platform } = component;
  if (!isPlatform(platform)) return [`${where}.platform ${JSON.stringify(platform)} is not one that we use`];
  // Nothing but the platform: that component is removed.
  if (Object.keys(component).length === 1) return [];
  const problems = [
    ...keyProblems(component, platform, context.inherited),
    ...commonProblems(component, platform, context.deviceName),
    ...classProblems(component, platform),
    ...(platformRules[platform]?.(component) ?? []),
  ].map((problem) => `${where}: ${problem}`);
  return [...problems, ...optionProblems(where, component, platformOptions[platform])];
}

function isPlatform(value: unknown): value is Platform {
  return typeof value === "string" && Object.hasOwn(platformOptions, value);
}

function keyProblems(component: Component, platform: Platform, inherited: Component): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(component)) {
    if (key === "object_id") problems.push("object_id no longer exists; use default_entity_id");
    else if (key === "device" || key === "origin") problems.push(`${key} belongs to the device, not to a component`);
    else if (key !== "availability" && !Object.hasOwn(platformOptions[platform], key))
      problems.push(`${key} is not an option of ${platform}; Home Assistant would silently ignore it`);
  }
  for (const key of ["unique_id", "default_entity_id", ...requiredOptions[platform]])
    if (component[key] === undefined && inherited[key] === undefined) problems.push(`${key} is missing`);
  return problems;
}

function commonProblems(component: Component, platform: Platform, deviceName: unknown): string[] {
  const problems: string[] = [];
  const { entity_category: category, default_entity_id: entityId, name } = component;
  if (category !== undefined && category !== "config" && category !== "diagnostic")
    problems.push(`entity_category ${JSON.stringify(category)} is neither config nor diagnostic`);
  if (category === "config" && (platform === "sensor" || platform === "binary_sensor"))
    problems.push(`a ${platform} cannot have entity_category config`);
  if (typeof entityId === "string" && !new RegExp(`^${platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`).test(entityId))
    problems.push(`default_entity_id "${entityId}" is not ${platform}.<lower case words joined by _>`);
  if (typeof name === "string" && typeof deviceName === "string" && deviceName && name.startsWith(deviceName))
    problems.push("name repeats the device's name, which Home Assistant puts before it");
  return problems;
}

function classProblems(component: Component, platform: Platform): string[] {
  const { device_class: deviceClass, unit_of_measurement: unit } = component;
  if (deviceClass === undefined || deviceClass === null || !Object.hasOwn(platformOptions[platform], "device_class"))
    return [];
  if (!deviceClasses[platform]?.includes(String(deviceClass)))
    return [`device_class ${JSON.stringify(deviceClass)} is not one of ${platform} that we know`];
  if (platform !== "sensor" && platform !== "number") return [];
  const units = classUnits[String(deviceClass)] ?? [];
  if (units.length === 0 ? unit !== undefined && unit !== null : !units.includes(String(unit)))
    return [`unit_of_measurement ${JSON.stringify(unit)} does not go with device_class ${String(deviceClass)}`];
  return [];
}

const platformRules: Readonly<Partial<Record<Platform, (component: Component) => string[]>>> = {
  button: ({ device_class: deviceClass, entity_category: category }) =>
    deviceClass === "identify" && category !== "diagnostic" ? ["an identify button must be diagnostic"] : [],
  camera: ({ image_encoding: encoding }) =>
    encoding === undefined || encoding === "b64" ? [] : ["image_encoding of a camera can only be b64"],
  event: eventProblems,
  image: imageProblems,
  light: ({ schema = "basic" }) => (schema === "basic" ? [] : ["only the basic schema of light is checked here"]),
  number: numberProblems,
  select: selectProblems,
  sensor: sensorProblems,
};

function selectProblems({ options }: Component): string[] {
  const problems = listProblems("options", options);
  // Home Assistant takes this text in a state for "no option is chosen".
  if (Array.isArray(options) && options.some((option) => String(option).toLowerCase() === "none"))
    problems.push("an option must not be called none");
  return problems;
}

function eventProblems({ event_types: types, device_class: deviceClass }: Component): string[] {
  const problems = listProblems("event_types", types);
  if (deviceClass === "doorbell" && Array.isArray(types) && !types.includes("ring"))
    problems.push("a doorbell event must have the event type ring");
  return problems;
}

function imageProblems(component: Component): string[] {
  const { image_topic: imageTopic, url_topic: urlTopic, image_encoding: encoding } = component;
  const problems: string[] = [];
  if ((imageTopic === undefined) === (urlTopic === undefined)) problems.push("needs either image_topic or url_topic");
  if (urlTopic !== undefined && "content_type" in component) problems.push("content_type does not go with url_topic");
  if (encoding !== undefined && encoding !== "b64" && encoding !== "raw")
    problems.push("image_encoding is neither b64 nor raw");
  return problems;
}

function numberProblems({ min = 1, max = 100, step, mode = "auto" }: Component): string[] {
  const problems: string[] = [];
  if (Number(min) > Number(max)) problems.push("min is above max");
  if (step !== undefined && !(Number(step) >= 0.001)) problems.push("step is below 0.001");
  if (!["auto", "box", "slider"].includes(String(mode))) problems.push(`mode ${JSON.stringify(mode)} does not exist`);
  return problems;
}

function sensorProblems(component: Component): string[] {
  const { device_class: deviceClass, options, state_class: stateClass, unit_of_measurement: unit } = component;
  const problems: string[] = [];
  if (deviceClass === "enum" && options === undefined) problems.push("an enum sensor needs options");
  if (options !== undefined) {
    problems.push(...listProblems("options", options));
    if (deviceClass !== "enum") problems.push("options go only with device_class enum");
    if (stateClass || unit) problems.push("options do not go with state_class or unit_of_measurement");
  }
  if (stateClass === undefined || stateClass === null) return problems;
  if (!stateClasses.includes(String(stateClass)))
    problems.push(`state_class ${JSON.stringify(stateClass)} does not exist`);
  else if (classStateClasses[String(deviceClass)]?.includes(String(stateClass)) === false)
    problems.push(`state_class ${String(stateClass)} does not go with device_class ${String(deviceClass)}`);
  if ("last_reset_value_template" in component && stateClass !== "total")
    problems.push("last_reset_value_template goes only with state_class total");
  return problems;
}

function listProblems(option: string, value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (value.length === 0) return [`${option} is empty`];
  return new Set(value).size === value.length ? [] : [`${option} names something twice`];
}

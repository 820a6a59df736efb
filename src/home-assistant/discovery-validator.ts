// Says what Home Assistant would refuse, drop or silently ignore in a device discovery message, before it is sent.
import { validateComponent } from "./component-validator.ts";
import { availabilityModes, availabilityOptions, deviceOptions, originOptions, rootKeys } from "./discovery-tables.ts";
import { isObject, optionProblems } from "./option-values.ts";

const topicPartPattern = /^[a-zA-Z0-9_-]+$/;

/** Problems of a retained message on `<prefix>/device/<object id>/config`, in words; none: Home Assistant takes all of it. */
export function validateDiscovery(topic: string, payload: string): string[] {
  const problems = topicProblems(topic);
  // An empty message removes the device.
  if (payload === "") return problems;
  const root = parse(payload);
  if (!root) return [...problems, "the payload is not a JSON object"];
  problems.push(...unknownKeys("the payload", root, rootKeys));
  problems.push(...deviceProblems(root["device"]), ...originProblems(root["origin"]));
  problems.push(...availabilityProblems("", root), ...sharedProblems(root), ...componentsProblems(root));
  return problems;
}

function topicProblems(topic: string): string[] {
  const [object, ...above] = topic.split("/").toReversed().slice(1);
  const deviceLevel = above.indexOf("device");
  const isShaped =
    topic.endsWith("/config") && (deviceLevel === 0 || deviceLevel === 1) && above.length > deviceLevel + 1;
  if (!isShaped) return [`${topic} is not <prefix>/device/<object id>/config`];
  const parts = [object ?? "", ...above.slice(0, deviceLevel)];
  const bad = parts.filter((part) => !topicPartPattern.test(part));
  return bad.map((part) => `the topic part "${part}" has characters other than letters, digits, _ and -`);
}

function parse(payload: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function unknownKeys(where: string, value: Record<string, unknown>, known: readonly string[]): string[] {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return unknown.map((key) => `${where} has the unknown key ${key}; Home Assistant refuses the whole message`);
}

function deviceProblems(device: unknown): string[] {
  if (!isObject(device)) return ["device is missing"];
  const problems = unknownKeys("device", device, [...Object.keys(deviceOptions), "connections", "suggested_area"]);
  problems.push(...optionProblems("device", device, deviceOptions));
  const { identifiers, connections, via_device: via } = device;
  if (!hasItems(identifiers) && !hasItems(connections)) problems.push("device has neither identifiers nor connections");
  if (connections !== undefined && !isPairs(connections))
    problems.push("device.connections is not a list of text pairs");
  if ("suggested_area" in device)
    problems.push("device.suggested_area would become part of the entity ids; leave it out");
  if (Array.isArray(identifiers) && identifiers.includes(via)) problems.push("device.via_device is the device itself");
  return problems;
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isPairs(value: unknown): boolean {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  return Array.isArray(value) && value.every(isPair);
}

function originProblems(origin: unknown): string[] {
  if (!isObject(origin)) return ["origin is missing"];
  const problems = unknownKeys("origin", origin, Object.keys(originOptions));
  problems.push(...optionProblems("origin", origin, originOptions));
  if (!("name" in origin)) problems.push("origin.name is missing");
  return problems;
}

/** The same rules hold for the device and for a component of its own. */
function availabilityProblems(where: string, owner: Record<string, unknown>): string[] {
  const { availability, availability_mode: mode } = owner;
  const problems: string[] = [];
  if (mode !== undefined && !availabilityModes.includes(String(mode)))
    problems.push(`${where}availability_mode ${JSON.stringify(mode)} is not one of ${availabilityModes.join(", ")}`);
  if (availability === undefined) return problems;
  if ("availability_topic" in owner) problems.push(`${where}availability and availability_topic exclude each other`);
  if (!Array.isArray(availability)) return [...problems, `${where}availability is not a list`];
  for (const [index, entry] of availability.entries()) {
    const name = `${where}availability[${index}]`;
    if (!isObject(entry) || !("topic" in entry)) problems.push(`${name} has no topic`);
    else
      problems.push(
        ...unknownKeys(name, entry, Object.keys(availabilityOptions)),
        ...optionProblems(name, entry, availabilityOptions),
      );
  }
  return problems;
}

function sharedProblems(root: Record<string, unknown>): string[] {
  return optionProblems("", root, {
    availability_template: "text",
    availability_topic: "subscribeTopic",
    command_topic: "publishTopic",
    encoding: "text",
    message_expiry_interval: "count",
    payload_available: "text",
    payload_not_available: "text",
    qos: "qos",
    state_topic: "subscribeTopic",
  });
}

function componentsProblems(root: Record<string, unknown>): string[] {
  const { components } = root;
  if (!isObject(components) || Object.keys(components).length === 0) return ["components is missing or empty"];
  const problems: string[] = [];
  const inherited = { state_topic: root["state_topic"], command_topic: root["command_topic"] };
  const deviceName = isObject(root["device"]) ? root["device"]["name"] : undefined;
  for (const [key, component] of Object.entries(components)) {
    const where = `components.${key}`;
    if (/\s/.test(key)) problems.push(`${where}: a component key must not have spaces`);
    if (!isObject(component)) {
      problems.push(`${where} is not an object`);
      continue;
    }
    problems.push(...validateComponent(where, component, { inherited, deviceName }));
    problems.push(...availabilityProblems(`${where}.`, component));
  }
  for (const option of ["unique_id", "default_entity_id"]) problems.push(...duplicates(components, option));
  return problems;
}

function duplicates(components: Record<string, unknown>, option: string): string[] {
  const values = Object.values(components)
    .map((component) => (isObject(component) ? component[option] : undefined))
    .filter((value) => value !== undefined);
  const repeated = new Set(values.filter((value, index) => values.indexOf(value) !== index));
  return [...repeated].map((value) => `${option} ${JSON.stringify(value)} is used more than once`);
}

// What is wrong with a YAML block of the manuals: names that do not exist, and triggers that fire when Belfry merely goes or
// comes back.
import { parse } from "yaml";
import { attributesByEntity } from "./entity-attributes.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The camera that the guide sets up. */
const ofTheGuide = new Map([["camera.front_door", ["entity_picture"]]]);
const known: ReadonlyMap<string, readonly string[]> = new Map([...attributesByEntity, ...ofTheGuide]);
const platforms = "binary_sensor|button|camera|event|image|light|number|select|sensor|siren|switch";
const services = new Set([
  "downloader.download_file",
  "notify.mobile_app_phone",
  "persistent_notification.create",
  "switch.turn_on",
  "switch.turn_off",
]);

/** One sentence for each thing. */
export function complaintsAboutYaml(text: string): string[] {
  const document: unknown = parse(text);
  const triggers = [...valuesOf(document, "triggers"), ...valuesOf(document, "wait_for_trigger")].flat();
  return [
    ...complaintsAboutNames(document, text),
    ...triggers.filter(isFields).flatMap(complaintsAboutTrigger),
    ...(isFields(document) && "triggers" in document ? complaintsAboutAutomation(document, text) : []),
    ...complaintsAboutTemplates(text),
  ];
}

/** Every value of a key, however deep. */
export function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

function complaintsAboutNames(document: unknown, text: string): string[] {
  const entities = [...valuesOf(document, "entity_id"), ...valuesOf(document, "entity")].flat().map(String);
  const mentioned = [...text.matchAll(new RegExp(`\\b(?:${platforms})\\.[a-z][a-z0-9_]+`, "g"))].map(([id]) => id);
  const actions = valuesOf(document, "action").map(String);
  return [
    ...[...new Set([...entities, ...mentioned])]
      .filter((id) => !known.has(id) && !services.has(id))
      .map((id) => `there is no entity ${id}`),
    ...actions.filter((action) => !services.has(action)).map((action) => `there is no action ${action}`),
    // Since 2024.10 triggers, conditions and actions are written so.
    ...["platform", "service", "trigger_platform"]
      .filter((old) => valuesOf(document, old).length > 0)
      .map((old) => `${old} is how it was written before 2024.10`),
  ];
}

const idsOf = (trigger: Fields): string[] => [trigger["entity_id"]].flat().map(String);
const has = (id: string, attribute: string): boolean => known.get(id)?.includes(attribute) ?? false;

function complaintsAboutTrigger(trigger: Fields): string[] {
  const { attribute } = trigger;
  const ids = idsOf(trigger);
  const listed = (key: string): unknown[] => [trigger[key]].flat();
  const isGuarded = listed("not_from").includes("unavailable") && listed("not_to").includes("unavailable");
  return [
    ...ids
      .filter((id) => attribute !== undefined && !has(id, String(attribute)))
      .map((id) => `${id} has no attribute ${String(attribute)}`),
    ...ids
      .filter((id) => id.startsWith("event.") && !(isGuarded && listed("not_to").includes("unknown")))
      .map((id) => `the trigger on ${id} also fires when it becomes unavailable and when it comes back`),
  ];
}

function complaintsAboutAutomation(document: Fields, text: string): string[] {
  const triggers = [document["triggers"]].flat().filter(isFields);
  const used = [...text.matchAll(/\btrigger\.(?:to|from)_state\.attributes\.(\w+)/g)].map((match) => match[1] ?? "");
  const conditions = JSON.stringify(document["conditions"] ?? "");
  return [
    ...triggers.flatMap((trigger) =>
      idsOf(trigger).flatMap((id) =>
        used.filter((attribute) => !has(id, attribute)).map((attribute) => `${id} has no attribute ${attribute}`),
      ),
    ),
    ...(triggers.some(({ attribute }) => attribute !== undefined) && !conditions.includes("attributes.")
      ? ["an attribute triggers also when it goes: a condition must look at it"]
      : []),
    ...[...conditions.matchAll(/attributes\.\w+(?! *\| *default\b)\b/g)].map(
      ([attribute]) => `${attribute} in the conditions needs a default: while it is unavailable, an entity has none`,
    ),
  ];
}

function complaintsAboutTemplates(text: string): string[] {
  const calls = [...text.matchAll(/\b(?:is_)?state_attr\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]/g)];
  const paths = [...text.matchAll(/\bstates\.(\w+\.\w+)\.attributes\.(\w+)/g)];
  return [...calls, ...paths]
    .filter(([, id = "", attribute = ""]) => !has(id, attribute))
    .map(([, id, attribute]) => `${id} has no attribute ${attribute}`);
}

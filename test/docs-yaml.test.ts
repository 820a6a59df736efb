import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { bridgeRows } from "../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../src/bridge/entities/camera-rows.ts";
import { optionRows } from "../src/config/schema.ts";
import { complaintsAboutYaml } from "./support/automation-rules.ts";
import { automationsOf, yamlBlocks } from "./support/docs-blocks.ts";
import { attributesByEntity } from "./support/entity-attributes.ts";
import { repositoryRoot } from "./support/source-files.ts";

const blocks = ["DOCS.md", "docs/docker.md", "docs/developing.md"].flatMap(yamlBlocks);
const settings = new Set<string>(optionRows.map(({ key }) => key));

test("the manuals show how it is done", () => {
  expect(blocks.length).toBeGreaterThan(6);
  expect(automationsOf("DOCS.md").length).toBeGreaterThan(3);
});

test.each(blocks)("$file, $heading: everything that is named exists", ({ text }) => {
  const document: unknown = parse(text);
  expect(document).toBeTypeOf("object");
  expect(complaintsAboutYaml(text)).toEqual([]);
  const variables = [...text.matchAll(/\bBELFRY_([A-Z_]+):/g)].map((match) => (match[1] ?? "").toLowerCase());
  for (const variable of variables) expect(settings).toContain(variable);
  if (/^mqtt_url:/.test(text)) for (const key of Object.keys(Object(document))) expect(settings).toContain(key);
});

const ring = `
triggers:
  - trigger: state
    entity_id: event.front_door_doorbell_event
    not_from: unavailable
    not_to: [unavailable, unknown]
actions:
  - action: notify.mobile_app_phone
    data:
      message: "{{ trigger.to_state.attributes.text }}"
`;
const recording = `
triggers:
  - trigger: state
    entity_id: select.front_door_event_select
    attribute: eventId
conditions: "{{ trigger.to_state.attributes.recordingUrl | default('', true) is match('http') }}"
actions:
  - action: downloader.download_file
    data:
      url: "{{ state_attr('select.front_door_event_select', 'recordingUrl') }}"
`;

test("the rules have nothing against what is right", () => {
  expect([ring, recording].flatMap(complaintsAboutYaml)).toEqual([]);
});

const misfires =
  "the trigger on event.front_door_doorbell_event also fires when it becomes unavailable and when it comes back";
test.each([
  [ring, "    not_from: unavailable\n", "", misfires],
  [ring, "not_to: [unavailable, unknown]", "not_to: unavailable", misfires],
  [ring, "not_to: [unavailable, unknown]", "to: ring", misfires],
  [ring, "attributes.text", "attributes.texts", "event.front_door_doorbell_event has no attribute texts"],
  [ring, "notify.mobile_app_phone", "notify.everybody", "there is no action notify.everybody"],
  [ring, "front_door_doorbell_event", "front_door_doorbell", "there is no entity event.front_door_doorbell"],
  [ring, "trigger: state", "platform: state", "platform is how it was written before 2024.10"],
  [recording, "attribute: eventId", "attribute: event_id", "select.front_door_event_select has no attribute event_id"],
  [recording, "', 'recordingUrl", "', 'url", "select.front_door_event_select has no attribute url"],
  [
    recording,
    " | default('', true)",
    "",
    "attributes.recordingUrl in the conditions needs a default: while it is unavailable, an entity has none",
  ],
  [recording, /conditions.*\n/, "", "an attribute triggers also when it goes: a condition must look at it"],
])("the rules find a mistake: %#", (right, part, wrong, complaint) => {
  expect(right.replace(part, wrong)).not.toBe(right);
  expect(complaintsAboutYaml(right.replace(part, wrong))).toContain(complaint);
});

test("DOCS.md explains every entity of the bridge that tells of trouble, and names only keys and attributes that exist", () => {
  const text = readFileSync(join(repositoryRoot, "DOCS.md"), "utf8");
  for (const key of ["sign_in_needed", "push", "problem", "last_push", "last_contact"])
    expect(text).toContain(`\`${key}\``);
  const rows = new Map([...cameraRows, ...bridgeRows].map((row) => [row.key, row]));
  const tables = [...text.matchAll(/^\| [A-Z][^|]*\((`[^)]*`)\)[^|]* \|(.*)\|$/gm)];
  expect(tables.length).toBeGreaterThan(5);
  for (const [, keys = "", explanation = ""] of tables) {
    const named = keys.match(/[a-z_0-9]+/g) ?? [];
    for (const key of named) expect([...rows.keys()]).toContain(key);
    const attributes = named.flatMap((key) => attributesByEntity.get(entityOf(rows.get(key))) ?? []);
    for (const [, attribute] of explanation.matchAll(/`(\w+)`/g)) expect(attributes).toContain(attribute);
  }
});

function entityOf(row: { readonly platform: string; readonly key: string } | undefined): string {
  const isOfBelfry = bridgeRows.some(({ key }) => key === row?.key);
  return `${row?.platform}.${isOfBelfry ? "belfry" : "front_door"}_${row?.key}`;
}

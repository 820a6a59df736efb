import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { bridgeRows } from "../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../src/bridge/entities/camera-rows.ts";
import { optionRows } from "../src/config/schema.ts";
import { repositoryRoot } from "./support/source-files.ts";

interface Block {
  readonly file: string;
  readonly text: string;
}

const blocks: readonly Block[] = ["README.md", "DOCS.md", "docs/docker.md"].flatMap((file) =>
  [...readFileSync(join(repositoryRoot, file), "utf8").matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => ({
    file,
    text: match[1] ?? "",
  })),
);
const named: [string, Block][] = blocks.map((block) => [`${block.file}: ${block.text.split("\n")[0]}`, block]);

const idsOf = (prefix: string, rows: readonly { readonly platform: string; readonly key: string }[]): string[] =>
  rows.map(({ platform, key }) => `${platform}.${prefix}_${key}`);
/** As Home Assistant names the entities of a camera called Front Door, and of Belfry itself; and the generic camera of the guide. */
const known = new Set([...idsOf("front_door", cameraRows), ...idsOf("belfry", bridgeRows), "camera.front_door"]);
const platforms = "binary_sensor|button|camera|event|image|light|number|select|sensor|siren|switch";
const services = new Set([
  "downloader.download_file",
  "notify.mobile_app_phone",
  "persistent_notification.create",
  "switch.turn_on",
  "switch.turn_off",
]);
const settings = new Set<string>(optionRows.map(({ key }) => key));

/** Every value of a key, however deep. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

test("the manuals show how it is done", () => {
  expect(blocks.length).toBeGreaterThan(6);
});

test.each(named)("%s names entities, services and settings that exist", (_name, { text }) => {
  const document: unknown = parse(text);
  expect(document).toBeTypeOf("object");
  const entities = [...valuesOf(document, "entity_id"), ...valuesOf(document, "entity")].flat();
  const mentioned = [...text.matchAll(new RegExp(`\\b(?:${platforms})\\.[a-z][a-z0-9_]+`, "g"))].map(([id]) => id);
  for (const id of [...entities, ...mentioned].filter((one) => !services.has(String(one)))) expect(known).toContain(id);
  for (const service of valuesOf(document, "action")) expect(services).toContain(service);
  // Since 2024.10 triggers, conditions and actions are written so.
  for (const old of ["platform", "service", "trigger_platform"]) expect(valuesOf(document, old)).toEqual([]);
  const variables = [...text.matchAll(/\bBELFRY_([A-Z_]+):/g)].map((match) => (match[1] ?? "").toLowerCase());
  for (const variable of variables) expect(settings).toContain(variable);
  if (/^mqtt_url:/.test(text)) for (const key of Object.keys(Object(document))) expect(settings).toContain(key);
});

test("attributes that automations trigger on are there", () => {
  const attributes = blocks.flatMap(({ text }) => valuesOf(parse(text), "attribute"));
  expect(new Set(attributes)).toEqual(new Set(["eventId"]));
});

test("DOCS.md explains every entity of the bridge that tells of trouble, and names only keys that exist", () => {
  const text = readFileSync(join(repositoryRoot, "DOCS.md"), "utf8");
  for (const key of ["sign_in_needed", "push", "problem", "last_push", "last_contact"])
    expect(text).toContain(`\`${key}\``);
  const keys = new Set<string>([...cameraRows, ...bridgeRows].map(({ key }) => key));
  const tables = [...text.matchAll(/^\| [A-Z][^|]*\((`[^)]*`)\) \|/gm)].flatMap(
    (match) => (match[1] ?? "").match(/[a-z_]+/g) ?? [],
  );
  expect(tables.length).toBeGreaterThan(5);
  for (const key of tables) expect(keys).toContain(key);
});

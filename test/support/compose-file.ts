// The compose file of docs/docker.md, read strictly: what it may hold is as much as Compose's specification says of the keys that
// it uses, and an unknown key is a mistake.
import * as v from "valibot";
import { parse } from "yaml";
import { yamlBlocks } from "./docs-blocks.ts";

const port = "(?:6553[0-5]|[1-5]?\\d{1,4}|6[0-4]\\d{3})";
const service = v.pipe(
  v.strictObject({
    build: v.optional(v.pipe(v.string(), v.minLength(1))),
    image: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9./-]+:[\w.-]+$/))),
    restart: v.optional(v.picklist(["no", "always", "on-failure", "unless-stopped"])),
    command: v.optional(v.string()),
    environment: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9_]*$/)), v.string())),
    // Short form, in quotes: YAML would read some of them as numbers.
    ports: v.optional(v.array(v.pipe(v.string(), v.regex(new RegExp(`^${port}:${port}(?:/(?:tcp|udp))?$`))))),
    volumes: v.optional(v.array(v.pipe(v.string(), v.regex(/^[a-z][\w-]*:\/[\w/.-]*(?::ro)?$/)))),
    depends_on: v.optional(v.array(v.string())),
  }),
  v.check(({ build, image }) => (build === undefined) !== (image === undefined), "either build or image"),
);
const file = v.pipe(
  v.strictObject({ services: v.record(v.string(), service), volumes: v.record(v.string(), v.strictObject({})) }),
  v.check(({ services, volumes }) => {
    const used = Object.values(services).flatMap((one) => one.volumes ?? []);
    return used.every((volume) => (volume.split(":")[0] ?? "") in volumes);
  }, "a volume is used that is not declared"),
  v.check(
    ({ services }) => Object.values(services).every((one) => (one.depends_on ?? []).every((name) => name in services)),
    "a service depends on one that is not there",
  ),
);

export type ComposeFile = v.InferOutput<typeof file>;

/** Throws where it is not valid. */
export function readCompose(text: string): ComposeFile {
  return v.parse(file, parse(text, { strict: true, uniqueKeys: true }));
}

export function composeText(): string {
  const found = yamlBlocks("docs/docker.md").find(({ text }) => text.startsWith("services:"));
  if (!found) throw new Error("docs/docker.md has no compose file");
  return found.text;
}

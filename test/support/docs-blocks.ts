// The YAML blocks of the manuals, each with the heading under which it stands.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repositoryRoot } from "./source-files.ts";

export interface YamlBlock {
  readonly file: string;
  readonly heading: string;
  readonly text: string;
}

export interface Automation {
  readonly heading: string;
  readonly triggers: readonly Readonly<Record<string, unknown>>[];
  readonly text: string;
}

export function yamlBlocks(file: string): YamlBlock[] {
  const manual = readFileSync(join(repositoryRoot, file), "utf8");
  return [...manual.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => ({
    file,
    heading:
      manual
        .slice(0, match.index)
        .match(/^#+ .*$/gm)
        ?.at(-1)
        ?.replace(/^#+ /, "") ?? "",
    text: match[1] ?? "",
  }));
}

/** The blocks that can be pasted as an automation. */
export function automationsOf(file: string): Automation[] {
  return yamlBlocks(file).flatMap(({ heading, text }) => {
    const { triggers } = Object(parse(text));
    return Array.isArray(triggers) ? [{ heading, triggers, text }] : [];
  });
}

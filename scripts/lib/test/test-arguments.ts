// What the command line of scripts/test asks for.
import { parseArgs } from "node:util";
import { optionalParts } from "./optional-parts.ts";

export interface TestArguments {
  readonly wanted: ReadonlySet<string>;
  /** A skip of these is a failure. */
  readonly required: ReadonlySet<string>;
  readonly wantsHelp: boolean;
}

export const usage = `usage: scripts/test [options]

Runs all tests that need no more than FFmpeg and Mosquitto, and on demand:
${optionalParts.map(({ name, text }) => `  --${name.padEnd(16)} ${text}`).join("\n")}
  --require a,b      a skip of these parts, or of a test in them, is a failure (it asks for them too)
`;

/** Throws with a sentence for the reader where an argument is unknown. */
export function readArguments(args: readonly string[]): TestArguments {
  const flags = Object.fromEntries(optionalParts.map(({ name }) => [name, { type: "boolean" } as const]));
  const parsed = parseArgs({
    args: [...args],
    options: { ...flags, require: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
  const required = String(values["require"] ?? "")
    .split(",")
    .filter((name) => name !== "");
  const names = optionalParts.map(({ name }) => name);
  const unknown = required.find((name) => !names.includes(name));
  if (unknown) throw new Error(`--require ${unknown}: there is no such part; there are ${names.join(", ")}`);
  const asked = names.filter((name) => values[name] === true);
  return {
    wanted: new Set([...asked, ...required]),
    required: new Set(required),
    wantsHelp: values["help"] === true,
  };
}

// Finds and checks the settings: the app's options file, else a YAML file; the environment beats both.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument, visit } from "yaml";
import { PermanentError } from "../foundation/errors.ts";
import { parseOption } from "./parse-option.ts";
import { type OptionRow, optionRows, type Settings } from "./schema.ts";

export interface LoadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dataDirectory: string;
  /** A YAML file named by the owner; it must exist then. */
  readonly configFile?: string | undefined;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** One sentence each; for the log. */
  readonly warnings: readonly string[];
  /** The file that was read, if any. */
  readonly source: string | undefined;
}

/** Names that the older Docker image used. */
const olderNames: Readonly<Record<string, string>> = {
  livestream_user: "LIVESTREAMUSER",
  livestream_pass: "LIVESTREAMPASSWORD",
};
/** Variables with our prefix that are not settings. */
const otherVariables = /^BELFRY_(?:INSTANCE|DATA|CONFIG|SIMULATOR.*)$/;

/** Throws PermanentError `config.bad-value` or `config.unreadable`. */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const file = readFirst(options);
  const warnings: string[] = [];
  const values: Record<string, unknown> = {};
  const rows: readonly OptionRow[] = optionRows;
  for (const row of rows) {
    const variable = `BELFRY_${row.key.toUpperCase()}`;
    const fromEnvironment = options.environment[variable] ?? options.environment[olderNames[row.key] ?? ""];
    const fromFile = file?.values[row.key];
    if (fromEnvironment !== undefined)
      values[row.key] = parseOption(row, fromEnvironment, `the environment (${variable})`);
    else if (fromFile !== undefined && fromFile !== null)
      values[row.key] = parseOption(row, fromFile, file?.path ?? "");
    else values[row.key] = row.default;
  }
  const known = new Set(rows.map((row) => row.key));
  for (const key of Object.keys(file?.values ?? {})) {
    if (!known.has(key)) warnings.push(`The setting ${key} in ${file?.path} is unknown and has no effect`);
  }
  for (const name of Object.keys(options.environment)) {
    if (!name.startsWith("BELFRY_") || otherVariables.test(name)) continue;
    if (!known.has(name.slice("BELFRY_".length).toLowerCase())) {
      warnings.push(`The environment variable ${name} is unknown and has no effect`);
    }
  }
  if (Boolean(values["livestream_user"]) !== Boolean(values["livestream_pass"])) {
    warnings.push("Streams are open to everybody: livestream_user and livestream_pass only work when both are set");
  }
  // Every key of Settings has just been filled from its row.
  return { settings: values as unknown as Settings, warnings, source: file?.path };
}

interface SettingsFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function readFirst({ configFile, dataDirectory }: LoadOptions): SettingsFile | undefined {
  if (configFile !== undefined) return readSettings(configFile) ?? missing(configFile);
  return readSettings(join(dataDirectory, "options.json")) ?? readSettings(join(dataDirectory, "belfry.yaml"));
}

function missing(path: string): never {
  throw new PermanentError(
    "config.unreadable",
    `The settings file ${path} does not exist; create it or correct --config`,
  );
}

/** JSON is YAML, so one parser reads both. */
function readSettings(path: string): SettingsFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new PermanentError("config.unreadable", `The settings file ${path} cannot be read; check its permissions`, {
      cause,
    });
  }
  const values = readYaml(text, path) ?? {};
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new PermanentError(
      "config.unreadable",
      `The settings file ${path} must hold lines such as "ring_topic: ring"`,
    );
  }
  return { path, values: { ...values } };
}

/** A number that YAML writes in another way than we do is given as it was written: it may be a password or an id. */
function readYaml(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  // A warning is a mistake here, too: `!word` is read as an empty text.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw notYaml(file, lines.linePos(problem.pos[0]));
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === "number" && scalar.source !== undefined && scalar.source !== String(scalar.value))
        scalar.value = scalar.source;
    },
    Alias(_key, alias, path) {
      const meant = alias.resolve(document);
      // One within itself never ends.
      if (!meant || path.includes(meant)) throw notYaml(file, lines.linePos(alias.range?.[0] ?? 0));
    },
  });
  try {
    return document.toJS();
  } catch {
    throw notYaml(file);
  }
}

/** Says where, not what: the parser's own words quote the file, and with it perhaps a password. */
function notYaml(path: string, at?: { readonly line: number; readonly col: number }): PermanentError {
  const where = at ? ` at line ${at.line}, column ${at.col}` : "";
  return new PermanentError(
    "config.unreadable",
    `The settings file ${path} is not valid YAML${where}; correct it (a value with special characters must stand in quotes)`,
  );
}

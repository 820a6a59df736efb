// The format of the state file: which versions we read, how older ones become ours, and where they are kept.

export type Sections = Readonly<Record<string, unknown>>;

export interface StateFormat {
  readonly version: number;
  /** The oldest Belfry that understands what we write, by the version of its own format. */
  readonly readableFrom: number;
  /** By the version that they start from; each leads to the next one. */
  readonly migrations: Readonly<Record<number, (sections: Sections) => Sections>>;
  /** What we understand of a newer format all the same, and must have as it is now; the rest is taken from what was kept of ours. */
  readonly salvage: (newer: Sections) => Sections;
}

export interface StateContent {
  readonly version: number;
  /** Missing in files of format 1. */
  readonly readableFrom: number;
  readonly sections: Sections;
}

export const currentFormat: StateFormat = { version: 1, readableFrom: 1, migrations: {}, salvage: ringToken };

/** Ring's token changes all the time, and an old one is worth nothing. */
function ringToken({ ring }: Sections): Sections {
  return isObject(ring) && typeof ring["refreshToken"] === "string" ? { ring } : {};
}

/** `ours`: as it is; `older`: to be migrated; `newer`: written by a newer Belfry, and not for us. */
export function ageOf({ version, readableFrom }: StateContent, format: StateFormat): "ours" | "older" | "newer" {
  if (version < format.version) return "older";
  return version === format.version || readableFrom <= format.version ? "ours" : "newer";
}

/** Where the state of a format is kept when another one takes over. */
export function keptAs(path: string, version: number): string {
  return `${path}.format-${version}`;
}

/** Throws where a step is missing or fails. */
export function migrate({ version, sections }: StateContent, format: StateFormat): Sections {
  let migrated = sections;
  for (let from = version; from < format.version; from++) {
    const step = format.migrations[from];
    if (!step) throw new Error(`there is no way from format ${from} to ${from + 1}`);
    migrated = step(migrated);
  }
  return migrated;
}

/** The content of a state file, or what is wrong with the text. */
export function parseContent(text: string): StateContent | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (!isObject(value) || !isObject(value["sections"])) return "it is not a state file";
  const { version, sections, readableFrom = version } = value;
  if (!isVersion(version) || !isVersion(readableFrom)) return "it is not a state file";
  return { version, readableFrom, sections };
}

function isVersion(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

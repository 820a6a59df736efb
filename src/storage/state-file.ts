// The state that must survive: one JSON file with named sections; a write is on the disk when the call returns.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorText, PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { copyDurably, replaceDurably, storageError } from "./durable-write.ts";

/** One room's part of the file. */
export interface StateSection<T> {
  read(): T;
  /**
   * Durable when it returns, so it may be used where the old value dies at once. Throws PermanentError (`storage.full`,
   * `storage.denied`, `storage.failed`); the value is then kept in memory and goes along with the next write.
   */
  write(value: T): void;
  /** Writes what `change` makes of the present value, and returns it. */
  update(change: (current: T) => T): T;
}

const formatVersion = 1;

interface Content {
  readonly version: number;
  readonly sections: Readonly<Record<string, unknown>>;
}

export class StateFile {
  readonly path: string;
  readonly #logger: Logger;
  readonly #sections: Map<string, unknown>;
  readonly #taken = new Set<string>();
  /** Whether the file itself (not its copy) is good: only then it may become the copy. */
  #isGood: boolean;

  private constructor(path: string, logger: Logger, loaded: { sections: Map<string, unknown>; isGood: boolean }) {
    this.path = path;
    this.#logger = logger;
    this.#sections = loaded.sections;
    this.#isGood = loaded.isGood;
  }

  /**
   * Makes the directory where it is missing. A damaged file is replaced by its previous copy, with a warning; where that is
   * damaged too, both are moved aside and the state starts empty. Throws PermanentError where nothing can be read or made.
   */
  static open(path: string, logger: Logger): StateFile {
    makeDirectory(dirname(path));
    removeUnfinished(path);
    return new StateFile(path, logger, load(path, logger));
  }

  /** `parse` gets undefined where nothing is stored yet; where it throws, the stored value counts as nothing. One owner per name. */
  section<T>(name: string, parse: (raw: unknown) => T): StateSection<T> {
    if (this.#taken.has(name)) throw new PermanentError("storage.section", `the state section ${name} has an owner`);
    this.#taken.add(name);
    let current = this.#parse(name, parse);
    const write = (value: T): void => {
      current = value;
      this.#sections.set(name, value);
      this.#save();
    };
    return {
      read: () => current,
      write,
      update: (change) => {
        write(change(current));
        return current;
      },
    };
  }

  #parse<T>(name: string, parse: (raw: unknown) => T): T {
    try {
      return parse(this.#sections.get(name));
    } catch (error) {
      this.#logger.warn(`the stored ${name} cannot be understood and is forgotten`, error);
      return parse(undefined);
    }
  }

  #save(): void {
    const content: Content = { version: formatVersion, sections: Object.fromEntries(this.#sections) };
    const text = `${JSON.stringify(content, null, 1)}\n`;
    try {
      if (this.#isGood) copyDurably(this.path, previousOf(this.path));
      replaceDurably(this.path, text);
      this.#isGood = true;
    } catch (error) {
      throw storageError(this.path, error);
    }
  }
}

function previousOf(path: string): string {
  return `${path}.previous`;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(directory, error);
  }
}

/** What a write left that was killed in the middle. */
function removeUnfinished(path: string): void {
  const isUnfinished = (name: string): boolean => name.startsWith(`${basename(path)}.`) && name.endsWith(".tmp");
  try {
    for (const name of readdirSync(dirname(path)).filter(isUnfinished)) rmSync(join(dirname(path), name));
  } catch (error) {
    throw storageError(path, error);
  }
}

function load(path: string, logger: Logger): { sections: Map<string, unknown>; isGood: boolean } {
  const main = readContent(path);
  if (main instanceof Map) return { sections: main, isGood: true };
  const previous = readContent(previousOf(path));
  if (previous instanceof Map) {
    const problem = main ? `is damaged (${main})` : "is missing";
    logger.warn(`${path} ${problem}; its previous copy is used, the last change may be lost`);
    return { sections: previous, isGood: false };
  }
  if (main || previous) moveAside([path, previousOf(path)], logger);
  return { sections: new Map(), isGood: false };
}

/** The sections, or what is wrong with the file, or undefined where there is none. */
function readContent(path: string): Map<string, unknown> | string | undefined {
  if (!existsSync(path)) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw storageError(path, error);
  }
  try {
    const content: unknown = JSON.parse(text);
    if (!isContent(content)) return "it is not a state file";
    if (content.version > formatVersion)
      throw new PermanentError(
        "storage.newer",
        `${path} was written by a newer Belfry (format ${content.version}); install that one, or use another data directory`,
      );
    return new Map(Object.entries(content.sections));
  } catch (error) {
    if (error instanceof SyntaxError) return errorText(error);
    throw error;
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== "object" || value === null || !("version" in value) || !("sections" in value)) return false;
  const { version, sections } = value;
  return Number.isInteger(version) && typeof sections === "object" && sections !== null && !Array.isArray(sections);
}

function moveAside(paths: readonly string[], logger: Logger): void {
  const moved: string[] = [];
  for (const path of paths.filter((candidate) => existsSync(candidate))) {
    const aside = `${path}.damaged`;
    try {
      renameSync(path, aside);
    } catch (error) {
      throw storageError(path, error);
    }
    moved.push(basename(aside));
  }
  logger.error(
    `the state in ${dirname(paths[0] ?? "")} is damaged and so is its copy: starting without it (kept as ${moved.join(", ")}); sign in to Ring again`,
  );
}

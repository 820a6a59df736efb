// The state that must survive: one JSON file with named sections; a write is on the disk when the call returns.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { copyDurably, makeDirectory, replaceDurably, storageError } from "./durable-write.ts";
import {
  ageOf,
  currentFormat,
  keptAs,
  migrate,
  parseContent,
  type Sections,
  type StateContent,
  type StateFormat,
} from "./state-format.ts";

/** One room's part of the file. */
export interface StateSection<T> {
  read(): T;
  /**
   * Durable when it returns, so it may be used where the old value dies at once. Throws PermanentError (`storage.full`,
   * `storage.denied`, `storage.failed`); the value is then kept in memory and goes along with the next write.
   */
  write(value: T): void;
  /** In memory alone until the next write or `flush`: for what changes all the time, and may be lost. */
  keep(value: T): void;
  /** Writes what `change` makes of the present value, and returns it. */
  update(change: (current: T) => T): T;
}

interface Loaded {
  readonly sections: Map<string, unknown>;
  /** The file itself (not its copy) is good, and of our format. */
  readonly isGood: boolean;
}

export class StateFile {
  readonly path: string;
  readonly #logger: Logger;
  readonly #format: StateFormat;
  readonly #sections: Map<string, unknown>;
  readonly #taken = new Set<string>();
  /** Whether the file itself (not its copy) is good: only then it may become the copy. */
  #isGood: boolean;
  #isUnsaved = false;

  private constructor(path: string, logger: Logger, format: StateFormat, loaded: Loaded) {
    this.path = path;
    this.#logger = logger;
    this.#format = format;
    this.#sections = loaded.sections;
    this.#isGood = loaded.isGood;
  }

  /**
   * Makes the directory where it is missing. A damaged file is replaced by its previous copy, with a warning; where that is
   * damaged too, both are moved aside and the state starts empty. A file of an older format is kept beside and brought to ours;
   * for one of a newer format, what was kept of ours is used. Throws PermanentError where nothing can be read or made.
   */
  static open(path: string, logger: Logger, format: StateFormat = currentFormat): StateFile {
    makeDirectory(dirname(path));
    removeUnfinished(path);
    return new StateFile(path, logger, format, load(path, logger, format));
  }

  /** `parse` gets undefined where nothing is stored yet; where it throws, the stored value counts as nothing. One owner per name. */
  section<T>(name: string, parse: (raw: unknown) => T): StateSection<T> {
    if (this.#taken.has(name)) throw new PermanentError("storage.section", `the state section ${name} has an owner`);
    this.#taken.add(name);
    let current = this.#parse(name, parse);
    const keep = (value: T): void => {
      current = value;
      this.#sections.set(name, value);
      this.#isUnsaved = true;
    };
    const write = (value: T): void => {
      keep(value);
      this.#save();
    };
    return {
      read: () => current,
      write,
      keep,
      update: (change) => {
        write(change(current));
        return current;
      },
    };
  }

  /** Writes what is only kept, if anything is. Throws as a write does. */
  flush(): void {
    if (this.#isUnsaved) this.#save();
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
    const { version, readableFrom } = this.#format;
    const content: StateContent = { version, readableFrom, sections: Object.fromEntries(this.#sections) };
    const text = `${JSON.stringify(content, null, 1)}\n`;
    try {
      if (this.#isGood) copyDurably(this.path, previousOf(this.path));
      replaceDurably(this.path, text);
      this.#isGood = true;
      this.#isUnsaved = false;
    } catch (error) {
      throw storageError(this.path, error);
    }
  }
}

function previousOf(path: string): string {
  return `${path}.previous`;
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

function load(path: string, logger: Logger, format: StateFormat): Loaded {
  const main = readContent(path);
  if (typeof main === "object") return adopt(path, main, logger, format);
  const previous = readContent(previousOf(path));
  if (typeof previous === "object") {
    const problem = main ? `is damaged (${main})` : "is missing";
    logger.warn(`${path} ${problem}; its previous copy is used, the last change may be lost`);
    return { ...adopt(path, previous, logger, format), isGood: false };
  }
  if (main || previous) moveAside([path, previousOf(path)], logger);
  return { sections: new Map(), isGood: false };
}

/** What is usable of a whole file, whichever Belfry wrote it. */
function adopt(path: string, content: StateContent, logger: Logger, format: StateFormat): Loaded {
  const age = ageOf(content, format);
  if (content.version !== format.version) keep(path, keptAs(path, content.version));
  if (age === "newer") return { sections: mapOf(goBack(path, content, logger, format)), isGood: false };
  return { sections: mapOf(age === "older" ? bringUp(path, content, format) : content.sections), isGood: true };
}

/** What was kept when a newer Belfry took over, with what can be saved of that one's. */
function goBack(path: string, { version, sections }: StateContent, logger: Logger, format: StateFormat): Sections {
  for (let older = format.version; older > 0; older--) {
    const kept = readContent(keptAs(path, older));
    if (typeof kept !== "object" || ageOf(kept, format) === "newer") continue;
    logger.warn(
      `${path} was written by a newer Belfry (format ${version}); what was kept before that one is used, later changes are lost`,
    );
    return { ...bringUp(path, kept, format), ...format.salvage(sections) };
  }
  throw new PermanentError(
    "storage.newer",
    `${path} was written by a newer Belfry (format ${version}); install that one, or use another data directory`,
  );
}

function bringUp(path: string, content: StateContent, format: StateFormat): Sections {
  try {
    return migrate(content, format);
  } catch (cause) {
    throw new PermanentError(
      "storage.migration",
      `${path} (format ${content.version}) cannot be read by this Belfry; install the earlier one, or use another data directory`,
      { cause },
    );
  }
}

function keep(path: string, copy: string): void {
  try {
    copyDurably(path, copy);
  } catch (error) {
    throw storageError(copy, error);
  }
}

function mapOf(sections: Sections): Map<string, unknown> {
  return new Map(Object.entries(sections));
}

/** The content, or what is wrong with the file, or undefined where there is none. */
function readContent(path: string): StateContent | string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return parseContent(readFileSync(path, "utf8"));
  } catch (error) {
    throw storageError(path, error);
  }
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

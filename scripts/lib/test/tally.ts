// Adds up what the parts of scripts/test report, and keeps the names of what was skipped or failed.

export interface Counts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  /** Of a part that was skipped as a whole under one name: how many tests it has besides. */
  readonly furtherSkipped?: number;
}

/** How tests of streams name what one engine does not have by nature (test/support/stream-engines.ts). */
const isByNature = (name: string): boolean => name.includes("by nature (");

/** Of a part that is required: what was skipped within it has failed, unless there is nothing that could be tested. */
export const withoutSkips = (part: string, { passed, failed, skipped }: Counts): Counts => {
  const wanted = skipped.filter((name) => !isByNature(name));
  return {
    passed,
    failed: [...failed, ...wanted.map((name) => `${part}: required, but skipped: ${name}`)],
    skipped: skipped.filter(isByNature),
  };
};

export class Tally {
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #skipped: string[] = [];
  #furtherSkipped = 0;

  add({ passed, failed, skipped, furtherSkipped = 0 }: Counts): void {
    this.#passed += passed;
    this.#failed.push(...failed);
    this.#skipped.push(...skipped);
    this.#furtherSkipped += furtherSkipped;
  }

  get hasFailed(): boolean {
    return this.#failed.length > 0;
  }

  /** Names of skips and failures, then the sum alone on the last line. */
  get text(): string {
    const list = (title: string, names: readonly string[]): string[] =>
      names.length === 0 ? [] : [`${title}:`, ...names.map((name) => `  ${name}`)];
    const skipped = this.#skipped.length + this.#furtherSkipped;
    const sum = `${this.#passed} passed, ${this.#failed.length} failed, ${skipped} skipped`;
    return `\n${[...list("Skipped", this.#skipped), ...list("Failed", this.#failed), sum].join("\n")}\n`;
  }
}

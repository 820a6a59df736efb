// Counts facts and prints one line for each: `ok` or `FAIL`, the fact, and the figure that was measured.

/** Measures one fact: returns the figure, or throws with what is wrong. */
export type Measurement = () => Promise<string>;

export class Report {
  #passed = 0;
  #failed = 0;
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get failed(): number {
    return this.#failed;
  }

  get summary(): string {
    return `${this.#passed} passed, ${this.#failed} failed`;
  }

  /** Never rejects: a measurement that throws is a fact that failed. */
  async fact(name: string, measure: Measurement): Promise<void> {
    try {
      const figure = await measure();
      this.#passed++;
      this.#write(`ok    ${name}: ${figure}`);
    } catch (error) {
      this.#failed++;
      this.#write(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** This account holds nothing that could show the fact. */
  leaveOut(name: string, reason: string): void {
    this.#write(`-     ${name}: left out, ${reason}`);
  }
}

/** A fact is what it should be, or the reader learns what it is. */
export function require(isTrue: boolean, complaint: string): asserts isTrue {
  if (!isTrue) throw new Error(complaint);
}

export const milliseconds = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

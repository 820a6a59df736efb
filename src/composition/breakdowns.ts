// Ends that nobody wanted, kept over a restart: a Belfry that breaks down again and again must not sign in to Ring every second.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Backoff, backoffMs } from "../foundation/retry.ts";

/** From the second one in a row. */
const pauses: Backoff = { firstMs: 5_000, longestMs: 120_000, jitter: 0 };
/** Who has lived so long did not break down in a row. */
const rowMs = 600_000;

export class Breakdowns {
  readonly #path: string;
  readonly #now: () => number;

  constructor(dataDirectory: string, now: () => number) {
    this.#path = join(dataDirectory, "breakdowns.json");
    this.#now = now;
  }

  /** How many there were in a row, up to now. */
  get count(): number {
    const { count, at } = this.#read();
    return Math.abs(this.#now() - at) < rowMs ? count : 0;
  }

  /** To be waited for before the next try. The first breakdown is followed at once. */
  get pauseMs(): number {
    return this.count < 2 ? 0 : backoffMs(pauses, this.count - 1);
  }

  add(): void {
    const text = JSON.stringify({ count: this.count + 1, at: this.#now() });
    try {
      writeFileSync(this.#path, text, { mode: 0o600 });
    } catch {
      // There are worse problems now.
    }
  }

  forget(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // It grows old by itself.
    }
  }

  #read(): { count: number; at: number } {
    try {
      const { count, at } = JSON.parse(readFileSync(this.#path, "utf8"));
      if (Number.isInteger(count) && typeof at === "number") return { count, at };
    } catch {
      // None yet, or only half of it was written.
    }
    return { count: 0, at: 0 };
  }
}

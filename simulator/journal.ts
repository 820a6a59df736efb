// What clients did, and what the simulator held back: the evidence that tests and `scripts/demo --check` read.

/** One line of the journal. `at` is Unix time in ms with fractions; `kind` is `area.verb` in past tense, e.g. `http.answered`. */
export interface JournalEntry {
  readonly sequence: number;
  readonly at: number;
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const maximumEntries = 100_000;
const nowMs = (): number => performance.timeOrigin + performance.now();

export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #listeners = new Set<(entry: JournalEntry) => void>();
  #sequence = 0;

  /** Adds an entry. Old entries are forgotten beyond 100,000; violations never are (see `violations`). */
  record(kind: string, details: Record<string, unknown> = {}): JournalEntry {
    const entry: JournalEntry = { sequence: ++this.#sequence, at: nowMs(), kind, details };
    this.#entries.push(entry);
    if (this.#entries.length > maximumEntries) this.#entries.splice(0, maximumEntries / 10);
    if (kind === "violation") this.violations.push(entry);
    for (const listener of [...this.#listeners]) listener(entry);
    return entry;
  }

  readonly violations: JournalEntry[] = [];

  /** A request the simulator does not know, or one out of order: it fails every test that looks. */
  violation(what: string, details: Record<string, unknown> = {}): void {
    this.record("violation", { what, ...details });
  }

  /** Something is held back on purpose (a reply, media). Call the returned function when it is let go: an interval results. */
  hold(what: string, details: Record<string, unknown> = {}): () => void {
    const started = this.record("held", { what, ...details });
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.record("released", { what, ...details, heldFrom: started.at, heldMs: nowMs() - started.at });
    };
  }

  /** Entries after `sequence` (0 = all), oldest first; `kind` matches exactly or, ending in `.`, as a prefix. */
  entries({ after = 0, kind }: { after?: number; kind?: string } = {}): JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        entry.sequence > after &&
        (kind === undefined || (kind.endsWith(".") ? entry.kind.startsWith(kind) : entry.kind === kind)),
    );
  }

  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first entry, old or new, that matches. Rejects after `timeoutMs`, naming what it waited for. */
  waitFor(
    what: string,
    matches: (entry: JournalEntry) => boolean,
    { timeoutMs = 10_000, after = 0 }: { timeoutMs?: number; after?: number } = {},
  ): Promise<JournalEntry> {
    const known = this.#entries.find((entry) => entry.sequence > after && matches(entry));
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        unsubscribe();
        reject(new Error(`the journal shows no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const unsubscribe = this.subscribe((entry) => {
        if (!matches(entry)) return;
        clearTimeout(timer);
        unsubscribe();
        resolve(entry);
      });
    });
  }
}

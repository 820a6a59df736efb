// Keeps what comes until it is wanted, then lets it go: faster than it came, but not all at once, which whoever takes it may not bear.
import { type Clock, every } from "./clock.ts";

export interface BacklogOptions<T> {
  readonly clock: Clock;
  readonly sizeOf: (item: T) => number;
  readonly send: (items: readonly T[]) => void;
}

const speed = 4;
const tickMs = 10;
/** Of what is not wanted by then nobody knows whether it ever will be. */
const longestMs = 5_000;
const mostBytes = 16_777_216;

export class Backlog<T> implements Disposable {
  readonly #options: BacklogOptions<T>;
  readonly #drained = Promise.withResolvers<void>();
  #kept: { readonly item: T; readonly atMs: number }[] = [];
  #keptBytes = 0;
  #isReleased = false;
  #isEmpty = false;
  #timer: Disposable | undefined;

  constructor(options: BacklogOptions<T>) {
    this.#options = options;
  }

  /** Nothing is kept any more: what comes goes on at once. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Items that came together. */
  push(items: readonly T[]): void {
    const { clock, sizeOf, send } = this.#options;
    if (this.#isEmpty) {
      send(items);
      return;
    }
    this.#timer ??= clock.after(longestMs, () => this.release());
    const atMs = clock.monotonic();
    for (const item of items) {
      this.#kept.push({ item, atMs });
      this.#keptBytes += sizeOf(item);
    }
    if (this.#keptBytes > mostBytes) this.release();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const { clock } = this.#options;
    const sinceMs = clock.monotonic();
    const firstMs = this.#kept[0]?.atMs ?? sinceMs;
    const tick = (): void => this.#sendUntil(firstMs + (clock.monotonic() - sinceMs) * speed);
    this.#timer?.[Symbol.dispose]();
    this.#timer = every(clock, tickMs, tick);
    tick();
  }

  /** Resolves when all that has come is gone. */
  async drained(): Promise<void> {
    this.release();
    await this.#drained.promise;
  }

  /** What is left is forgotten. */
  [Symbol.dispose](): void {
    this.#kept = [];
    this.#end();
  }

  #sendUntil(limitMs: number): void {
    const next = this.#kept.findIndex(({ atMs }) => atMs > limitMs);
    const due = this.#kept.splice(0, next < 0 ? this.#kept.length : next);
    if (due.length > 0) this.#options.send(due.map(({ item }) => item));
    if (this.#kept.length === 0) this.#end();
  }

  #end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#isReleased = true;
    this.#isEmpty = true;
    this.#drained.resolve();
  }
}

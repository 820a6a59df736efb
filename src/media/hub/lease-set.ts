// The viewers of one stream: who is here, and who has only just left.
import type { Clock } from "../../foundation/clock.ts";
import type { AppError } from "../../foundation/errors.ts";
import type { Viewer } from "./stream.ts";
import { viewerKey } from "./stream-budget.ts";
import type { ViewerLease } from "./stream-lease.ts";
import type { ViewerStatus } from "./stream-status.ts";

/** A client that reconnects again and again may just be away at the moment that matters. */
const justLeftMs = 30_000;

export class LeaseSet implements Iterable<ViewerLease> {
  readonly #clock: Clock;
  readonly #leases = new Set<ViewerLease>();
  readonly #left = new Map<string, { readonly viewer: Viewer; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#leases.size;
  }

  [Symbol.iterator](): Iterator<ViewerLease> {
    return [...this.#leases].values();
  }

  get statuses(): readonly ViewerStatus[] {
    return Object.freeze([...this.#leases].map(({ viewer, since }) => Object.freeze({ ...viewer, since })));
  }

  get viewers(): readonly Viewer[] {
    return [...this.#leases].map(({ viewer }) => viewer);
  }

  /** Those who are here, and those who were until a moment ago; each once. */
  get recent(): readonly Viewer[] {
    this.#forgetOld();
    const present = [...this.#leases].map(({ viewer }) => [viewerKey(viewer), viewer] as const);
    const left = [...this.#left].map(([key, { viewer }]) => [key, viewer] as const);
    return [...new Map([...left, ...present]).values()];
  }

  add(lease: ViewerLease): void {
    this.#leases.add(lease);
  }

  remove(lease: ViewerLease): void {
    if (!this.#leases.delete(lease)) return;
    this.#forgetOld();
    this.#left.set(viewerKey(lease.viewer), { viewer: lease.viewer, atMs: this.#clock.monotonic() });
  }

  endAll(error: AppError): void {
    for (const lease of this) lease.end(error);
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.monotonic() - justLeftMs;
    for (const [key, { atMs }] of this.#left) if (atMs < oldestMs) this.#left.delete(key);
  }
}

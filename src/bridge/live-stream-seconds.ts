// How long a camera has been live today, by the local calendar; kept over restarts.
import type { Clock } from "../foundation/clock.ts";
import type { CameraMemory } from "./camera-memory.ts";

const memoryKey = "live_today";

export interface LiveSecondsOptions {
  readonly memory: Pick<CameraMemory, "read" | "keep">;
  readonly clock: Clock;
  /** A new day has begun. */
  readonly onNewDay: () => void;
}

export class LiveSeconds implements Disposable {
  readonly #options: LiveSecondsOptions;
  #day: string;
  #liveMs: number;
  /** Monotonic; everything before is in `#liveMs`. */
  #countedUntilMs: number | undefined;
  #midnight: Disposable;

  constructor(options: LiveSecondsOptions) {
    this.#options = options;
    this.#day = localDay(options.clock.now());
    this.#liveMs = rememberedMs(options.memory.read(memoryKey), this.#day);
    this.#midnight = this.#awaitMidnight();
  }

  get today(): number {
    return Math.round((this.#liveMs + this.#uncountedMs()) / 1_000);
  }

  setLive(isLive: boolean): void {
    if (isLive === (this.#countedUntilMs !== undefined)) return;
    this.#count();
    this.#countedUntilMs = isLive ? this.#options.clock.monotonic() : undefined;
    if (!isLive) this.#keep();
  }

  /** Call it now and then while it is live. */
  tick(): void {
    this.#count();
    this.#keep();
  }

  [Symbol.dispose](): void {
    this.setLive(false);
    this.#midnight[Symbol.dispose]();
  }

  #uncountedMs(): number {
    return this.#countedUntilMs === undefined ? 0 : this.#options.clock.monotonic() - this.#countedUntilMs;
  }

  #count(): void {
    this.#liveMs += this.#uncountedMs();
    if (this.#countedUntilMs !== undefined) this.#countedUntilMs = this.#options.clock.monotonic();
  }

  #keep(): void {
    this.#options.memory.keep(memoryKey, { day: this.#day, ms: Math.round(this.#liveMs) });
  }

  #awaitMidnight(): Disposable {
    const { clock } = this.#options;
    const now = clock.now();
    const today = new Date(now);
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1);
    return clock.after(midnight.getTime() - now, () => this.#newDay());
  }

  /** A timer may come a little early, and a clock may be set back: only another date is a new day. */
  #newDay(): void {
    const day = localDay(this.#options.clock.now());
    this.#midnight = this.#awaitMidnight();
    if (day === this.#day) return;
    this.#count();
    this.#day = day;
    this.#liveMs = 0;
    this.#keep();
    this.#options.onNewDay();
  }
}

function localDay(unixMs: number): string {
  const date = new Date(unixMs);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function rememberedMs(value: unknown, day: string): number {
  if (typeof value !== "object" || value === null || !("day" in value) || !("ms" in value)) return 0;
  return value.day === day && typeof value.ms === "number" && value.ms > 0 ? value.ms : 0;
}

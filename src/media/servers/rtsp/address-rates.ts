// How often one household may connect: a bucket of tokens for each, forgotten when it is full again.
import type { Clock } from "../../../foundation/clock.ts";
import { networkOf } from "../../../foundation/ip-address.ts";
import type { ConnectionRate } from "./rtsp-limits.ts";

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const mostBuckets = 1_000;

export class AddressRates {
  readonly #clock: Clock;
  readonly #rateOf: (address: string) => ConnectionRate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rateOf: (address: string) => ConnectionRate) {
    this.#clock = clock;
    this.#rateOf = rateOf;
  }

  /** Counts one connection; false where it is one too many. */
  take(address: string): boolean {
    const bucket = this.#filled(address);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #filled(address: string): Bucket {
    const now = this.#clock.monotonic();
    const { perSecond, burst } = this.#rateOf(address);
    const network = networkOf(address);
    const known = this.#buckets.get(network) ?? { tokens: burst, filledAtMs: now };
    known.tokens = Math.min(known.tokens + ((now - known.filledAtMs) / 1000) * perSecond, burst);
    known.filledAtMs = now;
    // Behind all others, so that the first is the one not seen for longest.
    this.#buckets.delete(network);
    this.#buckets.set(network, known);
    const oldest = this.#buckets.size > mostBuckets ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return known;
  }
}

export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

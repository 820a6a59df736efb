// Faults that a test orders for the next requests: delayed, answered otherwise, or cut off.
import type { CloudRequest } from "./contracts.ts";

export interface RequestFault {
  /** A regular expression, matched against `host/path`. */
  readonly path: string;
  readonly method?: string;
  /** How many requests it befalls. */
  readonly times: number;
  readonly delayMs?: number;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | object;
  /** Cuts the connection without an answer. */
  readonly reset?: boolean;
}

export class RequestFaults {
  #pending: { fault: RequestFault; pattern: RegExp; left: number }[] = [];

  add(fault: RequestFault): void {
    if (!Number.isInteger(fault.times) || fault.times < 1) throw new Error("times must be a whole number from 1 on");
    if (fault.delayMs === undefined && fault.status === undefined && fault.reset !== true) {
      throw new Error("say what shall happen to the requests: delayMs, status or reset");
    }
    this.#pending.push({ fault, pattern: new RegExp(fault.path), left: fault.times });
  }

  /** The oldest order that fits, counted down. */
  take(request: CloudRequest): RequestFault | undefined {
    const target = `${request.host}${request.path}`;
    const found = this.#pending.find(
      ({ fault, pattern }) => pattern.test(target) && (fault.method ?? request.method) === request.method,
    );
    if (!found) return undefined;
    found.left--;
    if (found.left === 0) this.#pending = this.#pending.filter((entry) => entry !== found);
    return found.fault;
  }

  get pending(): readonly { path: string; left: number }[] {
    return this.#pending.map(({ fault, left }) => ({ path: fault.path, left }));
  }

  clear(): void {
    this.#pending = [];
  }
}

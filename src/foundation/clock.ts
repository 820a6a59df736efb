// Time, as something that is handed in: our code never reads the system clock or sets a timer itself.
import { onAbort } from "./abort.ts";

export interface Clock {
  /** Unix time in ms. */
  now(): number;
  /** Monotonic ms with fractions; only differences mean something. */
  monotonic(): number;
  /** Calls back once after `delayMs`; dispose to cancel. */
  after(delayMs: number, callback: () => void): Disposable;
}

const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestTimerMs));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`; rejects with the abort reason if that comes first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let listener: Disposable | undefined;
    const timer = clock.after(delayMs, () => {
      listener?.[Symbol.dispose]();
      resolve();
    });
    if (!signal) return;
    listener = onAbort(signal, (reason) => {
      timer[Symbol.dispose]();
      reject(reason);
    });
  });
}

/** Calls back every `periodMs` until disposed; a late tick is not made up for. */
export function every(clock: Clock, periodMs: number, callback: () => void): Disposable {
  let timer: Disposable;
  const schedule = (): void => {
    timer = clock.after(periodMs, () => {
      schedule();
      callback();
    });
  };
  schedule();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

const earliestTime = Date.UTC(2000, 0);
const latestTime = Date.UTC(2100, 0);

/** Unix ms of our days; anything else is a mistake, or another unit, and would break whoever writes it as a date. */
export function plausibleTime(unixMs: number | undefined): number | undefined {
  return unixMs !== undefined && unixMs >= earliestTime && unixMs < latestTime ? unixMs : undefined;
}

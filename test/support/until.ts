// Waits for what sends no event: the state of other programs' processes, say. Everything else is waited for by its event.
import { setTimeout as pause } from "node:timers/promises";

/** Looks every `everyMs` until `look` returns something; rejects after `timeoutMs`, naming what it waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 10_000, everyMs = 50 } = {},
): Promise<T> {
  const limit = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > limit) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(everyMs);
  }
}

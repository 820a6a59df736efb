// What is remembered of streams, as long as the process lasts.
import type { RememberedStream, StreamMemory } from "./stream-memory.ts";

export function volatileMemory(): StreamMemory {
  const streams = new Map<string, RememberedStream>();
  return {
    load: (path) => streams.get(path),
    save: (path, remembered) => void streams.set(path, remembered),
  };
}

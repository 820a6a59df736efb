// What is kept of a camera, as long as the process lasts.
import type { CameraMemory } from "./camera-memory.ts";

export function volatileCameraMemory(): CameraMemory {
  const values = new Map<string, unknown>();
  const set = (key: string, value: unknown): void => void values.set(key, value);
  return { read: (key) => values.get(key), write: set, keep: set };
}

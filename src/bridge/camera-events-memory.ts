// The last motion and the last press of a camera over restarts, and how long each is held. What is read is checked.
import { plausibleTime } from "../foundation/clock.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import type { CameraMemory } from "./camera-memory.ts";

export type EventKind = CameraEvent["kind"];

export const holdLimits = { min: 10, max: 180 } as const;
/** Public keys: those of the number entities. */
const holdKeys = { motion: "motion_duration", ding: "ding_duration" } as const;
const lastKeys = { motion: "last_motion", ding: "last_ding" } as const;
const usualHoldSeconds = { motion: 30, ding: 10 } as const;

export function loadHoldSeconds(memory: CameraMemory, kind: EventKind): number {
  const value = memory.read(holdKeys[kind]);
  const isGood = Number.isInteger(value) && Number(value) >= holdLimits.min && Number(value) <= holdLimits.max;
  return isGood ? Number(value) : usualHoldSeconds[kind];
}

export function saveHoldSeconds(memory: CameraMemory, kind: EventKind, seconds: number): void {
  memory.write(holdKeys[kind], seconds);
}

export function loadLastEvent(memory: CameraMemory, kind: EventKind): CameraEvent | undefined {
  const fields = memory.read(lastKeys[kind]);
  if (typeof fields !== "object" || fields === null) return undefined;
  const { eventId, happenedAt, receivedAt, detection, text }: Partial<Record<keyof CameraEvent, unknown>> = fields;
  const at = timeOr(happenedAt);
  if (at === undefined) return undefined;
  return {
    kind,
    eventId: textOr(eventId),
    happenedAt: at,
    receivedAt: timeOr(receivedAt) ?? at,
    detection: textOr(detection) ?? kind,
    text: textOr(text),
    imageId: undefined,
  };
}

export function loadLastEvents(memory: CameraMemory): CameraEvent[] {
  return [loadLastEvent(memory, "motion"), loadLastEvent(memory, "ding")].filter((event) => event !== undefined);
}

/** It is read from now on; it is safe after `saveLastEvent`. */
export function keepLastEvent(memory: CameraMemory, { kind, imageId: _gone, ...event }: CameraEvent): void {
  memory.keep(lastKeys[kind], event);
}

export function saveLastEvent(memory: CameraMemory, { kind, imageId: _gone, ...event }: CameraEvent): void {
  memory.write(lastKeys[kind], event);
}

function textOr(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function timeOr(value: unknown): number | undefined {
  return typeof value === "number" ? plausibleTime(value) : undefined;
}

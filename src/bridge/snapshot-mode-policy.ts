// What the snapshot modes mean: which moments give a picture, and how often one is asked for. Pure.

/** Public API, spelt as in Home Assistant. */
export const snapshotModes = [
  "All",
  "Auto",
  "Disabled",
  "Ding",
  "Interval",
  "Interval + Ding",
  "Interval + Motion",
  "Motion",
  "Motion + Ding",
] as const;

export type SnapshotMode = (typeof snapshotModes)[number];

export interface SnapshotPlan {
  readonly onInterval: boolean;
  readonly onMotion: boolean;
  readonly onDing: boolean;
}

export interface IntervalFacts {
  readonly isOnBattery: boolean;
  /** Ring has the camera take a picture by itself this often. */
  readonly captureEverySeconds: number | undefined;
}

export const intervalLimits = { min: 10, max: 604_800 } as const;
const wiredIntervalSeconds = 30;
const batteryIntervalSeconds = 600;

export const isSnapshotMode = (value: unknown): value is SnapshotMode => snapshotModes.some((mode) => mode === value);

/** The modes with presses are only for what can be pressed. */
export function modesFor(isDoorbell: boolean): readonly SnapshotMode[] {
  return isDoorbell ? snapshotModes : snapshotModes.filter((mode) => !mode.includes("Ding"));
}

/** A mode that was chosen for all cameras, as this camera can have it. */
export function modeFor(mode: SnapshotMode, isDoorbell: boolean): SnapshotMode {
  if (isDoorbell) return mode;
  if (mode === "Ding") return "Disabled";
  if (mode === "Interval + Ding") return "Interval";
  return mode === "Motion + Ding" ? "Motion" : mode;
}

export function planOf(mode: SnapshotMode): SnapshotPlan {
  const isEverything = mode === "All" || mode === "Auto";
  return {
    onInterval: isEverything || mode.includes("Interval"),
    onMotion: isEverything || mode.includes("Motion"),
    onDing: isEverything || mode.includes("Ding"),
  };
}

/** Where the owner chose no interval. */
export function automaticIntervalSeconds({ isOnBattery, captureEverySeconds }: IntervalFacts): number {
  if (!isOnBattery) return wiredIntervalSeconds;
  const seconds = captureEverySeconds ?? batteryIntervalSeconds;
  return Math.min(Math.max(Math.round(seconds), intervalLimits.min), intervalLimits.max);
}

/** Auto spares the battery: it takes the pictures that the camera makes for Ring anyway, where these come often enough. */
export function isIntervalPassive(mode: SnapshotMode, intervalSeconds: number, facts: IntervalFacts): boolean {
  const { isOnBattery, captureEverySeconds } = facts;
  return mode === "Auto" && isOnBattery && captureEverySeconds !== undefined && intervalSeconds >= captureEverySeconds;
}

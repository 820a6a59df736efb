// When a camera takes snapshots: the owner's choice by MQTT, else that of the settings, else what suits the camera. Kept over restarts.
import type { CameraState } from "../ring/camera-state.ts";
import type { CameraMemory } from "./camera-memory.ts";
import {
  automaticIntervalSeconds,
  intervalLimits,
  isIntervalPassive,
  isSnapshotMode,
  modeFor,
  planOf,
  type SnapshotMode,
  type SnapshotPlan,
} from "./snapshot-mode-policy.ts";

/** For cameras of which the owner has chosen nothing else. */
export interface SnapshotDefaults {
  readonly mode: SnapshotMode;
  /** Undefined: what suits the camera. */
  readonly intervalSeconds: number | undefined;
}

const modeKey = "snapshot_mode";
const intervalKey = "snapshot_interval";

export class SnapshotSettings {
  readonly #memory: CameraMemory;
  readonly #defaults: SnapshotDefaults;
  readonly #camera: () => CameraState;
  #mode: SnapshotMode;
  #intervalSeconds: number | undefined;

  constructor(memory: CameraMemory, defaults: SnapshotDefaults, camera: () => CameraState) {
    this.#memory = memory;
    this.#defaults = defaults;
    this.#camera = camera;
    const mode = memory.read(modeKey);
    this.#mode = isSnapshotMode(mode) ? mode : defaults.mode;
    this.#intervalSeconds = readInterval(memory.read(intervalKey));
  }

  get mode(): SnapshotMode {
    return modeFor(this.#mode, this.#camera().isDoorbell);
  }

  get plan(): SnapshotPlan {
    return planOf(this.mode);
  }

  get intervalSeconds(): number {
    return this.#intervalSeconds ?? this.#defaults.intervalSeconds ?? automaticIntervalSeconds(this.#camera());
  }

  /** Pictures by interval shall not wake the camera. */
  get isIntervalPassive(): boolean {
    return isIntervalPassive(this.mode, this.intervalSeconds, this.#camera());
  }

  setMode(mode: SnapshotMode): void {
    this.#mode = mode;
    this.#memory.write(modeKey, mode);
  }

  setInterval(seconds: number): void {
    this.#intervalSeconds = seconds;
    this.#memory.write(intervalKey, seconds);
  }
}

function readInterval(value: unknown): number | undefined {
  const { min, max } = intervalLimits;
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

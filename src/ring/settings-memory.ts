// What is kept of a device's settings page over restarts, so that what it shows does not come and go at each start.

export interface SettingsMemory {
  /** As JSON gave it back; undefined where there is none. */
  load(deviceId: string): unknown;
  save(deviceId: string, page: unknown): void;
}

export const noSettingsMemory: SettingsMemory = { load: () => undefined, save: () => undefined };

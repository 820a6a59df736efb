// How values of settings are written at Ring, and how they are read, where they make sense.
import type { ChimeType, PowerMode } from "./camera-settings.ts";

export interface SettingForm<Value> {
  /** undefined for anything that is no such value. */
  read(wire: unknown): Value | undefined;
  write(value: Value): unknown;
}

/** Ring writes some as 0 and 1. */
export const flag: SettingForm<boolean> = {
  read: (wire) => (typeof wire === "boolean" ? wire : wire === 0 || wire === 1 ? wire === 1 : undefined),
  write: (value) => value,
};

export const count: SettingForm<number> = {
  read: (wire) => {
    const number = typeof wire === "string" && wire.trim() !== "" ? Number(wire) : wire;
    return typeof number === "number" && Number.isFinite(number) && number >= 0 ? Math.round(number) : undefined;
  },
  write: (value) => value,
};

/** Steps of 1 to 10 that stand for percent. */
export const tenSteps: SettingForm<number> = {
  read: (wire) => {
    const steps = count.read(wire);
    return steps === undefined || steps > 10 ? undefined : steps * 10;
  },
  write: (value) => Math.round(value / 10),
};

const durationPattern = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/** `30s`, `1m0s`. */
export const durationText: SettingForm<number> = {
  read: (wire) => {
    const parts = typeof wire === "string" && wire !== "" ? durationPattern.exec(wire) : null;
    if (!parts) return count.read(wire);
    const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    return Math.round(hours * 3_600 + minutes * 60 + seconds);
  },
  write: (value) => `${value}s`,
};

const chimeTypes: readonly ChimeType[] = ["mechanical", "digital", "no chime"];

export const chimeType: SettingForm<ChimeType> = {
  read: (wire) => chimeTypes[count.read(wire) ?? -1],
  write: (value) => chimeTypes.indexOf(value),
};

export const powerMode: SettingForm<PowerMode> = {
  read: (wire) => (wire === "battery" || wire === "wired" ? wire : undefined),
  write: (value) => value,
};

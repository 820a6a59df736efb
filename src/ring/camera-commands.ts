// The requests that change a camera, and what its record says until Ring's device list has caught up, or contradicts.
import { clientApi } from "ring-client-api/rest-client";
import type { Clock } from "../foundation/clock.ts";
import type { LostChange } from "./camera-state.ts";
import { readLight, readSiren } from "./camera-state-reader.ts";
import type { CommandTarget } from "./command-target.ts";
import { notKept } from "./errors.ts";
import type { RecordOverride, RecordOverrides } from "./record-override.ts";
import type { SettingName, SettingValue } from "./settings/camera-settings.ts";
import { changeOf } from "./settings/change-setting.ts";
import type { SettingsPage } from "./settings/settings-page.ts";
import { valueAt, withValueAt } from "./wire/path.ts";
import { asRecord, numberOf, type WireRecord } from "./wire/record.ts";

/** Ring's device list may show the old value for so long. */
const holdMs = 6_000;
const usualSirenSeconds = 30;
const longestSirenSeconds = 120;

export interface CameraCommandsOptions {
  readonly overrides: RecordOverrides;
  readonly page: SettingsPage;
  readonly clock: Clock;
  readonly changed: () => void;
  readonly lost: (change: LostChange) => void;
}

export class CameraCommands {
  readonly #overrides: RecordOverrides;
  readonly #page: SettingsPage;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #lost: (change: LostChange) => void;

  constructor(options: CameraCommandsOptions) {
    this.#clock = options.clock;
    this.#overrides = options.overrides;
    this.#page = options.page;
    this.#changed = options.changed;
    this.#lost = options.lost;
  }

  async setLight(target: CommandTarget, isOn: boolean, signal: AbortSignal): Promise<void> {
    const url = clientApi(`doorbots/${target.ringId}/floodlight_light_${isOn ? "on" : "off"}`);
    const doing = `switch the light of ${target.name} ${isOn ? "on" : "off"}`;
    await target.client.request(doing, { url, method: "PUT" }, { signal });
    const word = isOn ? "on" : "off";
    this.#hold("light", {
      agrees: (record) => readLight(record) === isOn,
      apply: (record) => ({ ...record, led_status: word }),
      onLost: () => this.#lost({ what: "light", error: notKept("light", target.name) }),
    });
  }

  async setSiren(
    target: CommandTarget,
    isOn: boolean,
    durationSeconds: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const seconds = durationSeconds && Math.min(Math.max(Math.round(durationSeconds), 1), longestSirenSeconds);
    const query = isOn && seconds ? `?duration=${seconds}` : "";
    const url = clientApi(`doorbots/${target.ringId}/siren_${isOn ? "on" : "off"}${query}`);
    const doing = `switch the siren of ${target.name} ${isOn ? "on" : "off"}`;
    const reply = await target.client.request(doing, { url, method: "PUT" }, { signal });
    const told = numberOf(asRecord(reply), "seconds_remaining");
    const onLost = (): void => this.#lost({ what: "siren", error: notKept("siren", target.name) });
    this.#holdSiren(isOn ? ((told || seconds) ?? usualSirenSeconds) : 0, onLost);
  }

  /** The time of a siren is over. */
  sirenEnded(): void {
    this.#holdSiren(0);
  }

  /** The spoken warning. */
  async setMotionWarning(target: CommandTarget, isOn: boolean, signal: AbortSignal): Promise<void> {
    const url = clientApi(`doorbots/${target.ringId}/motion_announcement?motion_announcement=${isOn}`);
    const doing = `switch the motion warning of ${target.name} ${isOn ? "on" : "off"}`;
    await target.client.request(doing, { url, method: "PUT" }, { signal });
    this.#hold("motion warning", {
      agrees: (record) => valueAt(record, "settings.motion_announcement") === isOn,
      apply: (record) => withValueAt(record, "settings.motion_announcement", isOn),
      onLost: () => this.#lost({ what: "motionWarning", error: notKept("motion warning", target.name) }),
    });
  }

  /** Resolves when Ring has shown the new value; until then the state shows it already. */
  async changeSetting(
    target: CommandTarget,
    record: WireRecord,
    name: SettingName,
    value: SettingValue,
    signal: AbortSignal,
  ): Promise<void> {
    const change = changeOf(target, record, name, value);
    const { listed } = change;
    const send = async (limit: AbortSignal): Promise<unknown> => {
      const reply = await change.send(limit);
      if (listed) this.#hold(change.thing, listed);
      return reply;
    };
    try {
      await this.#page.change(target, { ...change, send }, signal);
    } catch (error) {
      this.#overrides.drop(change.thing);
      this.#changed();
      throw error;
    }
  }

  #hold(name: string, override: RecordOverride): void {
    this.#overrides.set(name, holdMs, override);
    this.#changed();
  }

  #holdSiren(seconds: number, onLost?: () => void): void {
    const isOn = seconds > 0;
    const endsAt = this.#clock.monotonic() + seconds * 1000;
    const remaining = (): number => Math.max(Math.ceil((endsAt - this.#clock.monotonic()) / 1000), 0);
    this.#hold("siren", {
      agrees: (record) => readSiren(record)?.isOn === isOn,
      apply: (record) => ({ ...record, siren_status: { seconds_remaining: remaining() } }),
      ...(onLost && { onLost }),
    });
  }
}

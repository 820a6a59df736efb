// The requests that change a camera, and what its record says until Ring's device list has caught up.
import { clientApi, deviceApi } from "ring-client-api/rest-client";
import type { Clock } from "../foundation/clock.ts";
import type { RecordOverrides } from "./record-override.ts";
import type { RingClient } from "./ring-client.ts";
import { asRecord, numberOf, recordOf, textOf, type WireRecord } from "./wire/record.ts";

export interface CommandTarget {
  readonly client: RingClient;
  readonly ringId: number;
  readonly name: string;
}

/** Ring's device list may show the old value for so long. */
const holdMs = 6_000;
const usualSirenSeconds = 30;
const longestSirenSeconds = 120;

export class CameraCommands {
  readonly #overrides: RecordOverrides;
  readonly #clock: Clock;
  readonly #changed: () => void;

  constructor(options: { overrides: RecordOverrides; clock: Clock; changed: () => void }) {
    this.#clock = options.clock;
    this.#overrides = options.overrides;
    this.#changed = options.changed;
  }

  async setLight(target: CommandTarget, isOn: boolean, signal: AbortSignal): Promise<void> {
    const url = clientApi(`doorbots/${target.ringId}/floodlight_light_${isOn ? "on" : "off"}`);
    const doing = `switch the light of ${target.name} ${isOn ? "on" : "off"}`;
    await target.client.request(doing, { url, method: "PUT" }, { signal });
    const word = isOn ? "on" : "off";
    const agrees = (record: WireRecord): boolean => textOf(record, "led_status") === word;
    this.#overrides.set("light", holdMs, agrees, (record) => ({ ...record, led_status: word }));
    this.#changed();
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
    this.#holdSiren(isOn ? ((told || seconds) ?? usualSirenSeconds) : 0);
  }

  /** The time of a siren is over. */
  sirenEnded(): void {
    this.#holdSiren(0);
  }

  async setMotionDetection(target: CommandTarget, isOn: boolean, signal: AbortSignal): Promise<void> {
    const url = deviceApi(`devices/${target.ringId}/settings`);
    const doing = `switch the motion detection of ${target.name} ${isOn ? "on" : "off"}`;
    const json = { motion_settings: { motion_detection_enabled: isOn } };
    await target.client.request(doing, { url, method: "PATCH", json }, { signal });
    const key = "motion_detection_enabled";
    this.#overrides.set(
      "motion detection",
      holdMs,
      (record) => recordOf(record, "settings")?.[key] === isOn,
      (record) => ({ ...record, settings: { ...recordOf(record, "settings"), [key]: isOn } }),
    );
    this.#changed();
  }

  #holdSiren(seconds: number): void {
    const isOn = seconds > 0;
    const endsAt = this.#clock.monotonic() + seconds * 1000;
    const remaining = (): number => Math.max(Math.ceil((endsAt - this.#clock.monotonic()) / 1000), 0);
    this.#overrides.set(
      "siren",
      holdMs,
      (record) => (numberOf(recordOf(record, "siren_status"), "seconds_remaining") ?? 0) > 0 === isOn,
      (record) => ({ ...record, siren_status: { seconds_remaining: remaining() } }),
    );
    this.#changed();
  }
}

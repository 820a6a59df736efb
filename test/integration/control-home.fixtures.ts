// A home whose cameras show every setting, each of them set by MQTT and looked at from both sides.
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import type { Device } from "../../simulator/device.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import { mergeInto } from "../../simulator/json.ts";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

/** What the demo account's records do not have. */
const moreSettings = {
  mic_volume: 6,
  voice_volume: 7,
  keep_alive_auto: 45,
  video_settings: { hdr_enable: false, night_color_enable: false, ir_led_brightness: 40 },
  cv_settings: { detection_types: { animal: { enabled: false, mode: "none", record: false, notification: false } } },
  cv_paid_features: { animal: true },
};
/** What only the settings page shows. */
const pageOnly = { motion_settings: { enable_ir_led: true } };

const doorbell = "garden-gate";
const light = "driveway";
const battery = "front-door";
const shared = "neighbour";

export const controlCameras = { doorbell, light, battery, shared } as const;

export class ControlHome implements AsyncDisposable {
  readonly home: SimulatedHome;
  belfry: BelfryProcess;

  private constructor(home: SimulatedHome, belfry: BelfryProcess) {
    this.home = home;
    this.belfry = belfry;
  }

  /** `prepare` may still change the cloud before Belfry sees it. */
  static async start(prepare: (home: SimulatedHome) => void = () => undefined): Promise<ControlHome> {
    const chime = { chime_settings: { type: 1, enable: true, duration: 5 }, doorbell_volume: 8 };
    const changes = { [doorbell]: { settings: { ...structuredClone(moreSettings), ...chime } } };
    const neighbour = recordLike(light, {
      id: 48_151_999,
      device_id: "54e019aa0999",
      description: "Neighbour",
      owned: false,
    });
    const account = buildAccount({
      devices: [doorbell, light, battery],
      changes,
      added: [["stickup_cams", neighbour]],
    });
    const home = await SimulatedHome.start({ accounts: [account] });
    for (const camera of home.cameras) if (!camera.isShared) mergeInto(camera.extraSettings, structuredClone(pageOnly));
    prepare(home);
    const started = new ControlHome(home, await home.startBelfry());
    await home.allAvailable();
    return started;
  }

  topic(slug: string, key: string, what: string): string {
    return this.home.topic(this.home.camera(slug), key, what);
  }

  /** The last word on a topic. */
  now(slug: string, key: string, what = "state"): string | undefined {
    return this.home.observer.latest(this.topic(slug, key, what))?.text;
  }

  async shows(slug: string, key: string, payload: string | RegExp, { from = 0, what = "state" } = {}): Promise<void> {
    await this.home.observer.waitFor(`${key} of ${slug}`, this.topic(slug, key, what), { payload, from });
  }

  /** Sends a command; resolves with what the cloud was told by it, when it was. */
  async command(slug: string, key: string, payload: string, kind = "settings.changed"): Promise<JournalEntry> {
    const { cloud, observer } = this.home;
    const after = this.sequence;
    const { id } = this.home.camera(slug);
    await observer.publish(this.topic(slug, key, "command"), payload);
    const isIt = (entry: JournalEntry): boolean => entry.kind === kind && entry.details["deviceId"] === id;
    return await cloud.journal.waitFor(`${key} ${payload} reaching Ring`, isIt, { after });
  }

  get sequence(): number {
    return this.home.cloud.journal.entries().at(-1)?.sequence ?? 0;
  }

  /** Requests to a camera's settings page. */
  pageReads(camera: Device, after = 0): number {
    const path = `/devices/v1/devices/${camera.id}/settings`;
    return this.home.cloud.journal
      .entries({ after, kind: "http.answered" })
      .filter(({ details }) => details["path"] === path && details["method"] === "GET").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }
}

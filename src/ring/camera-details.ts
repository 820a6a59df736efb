// What Ring tells of a camera apart from the device list: its settings page, and its health where the list has none.
import { composeSignals } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { AbsenceRule } from "./absence.ts";
import { CameraChore } from "./camera-chore.ts";
import type { CommandTarget } from "./command-target.ts";
import { fetchHealth, lacksHealth, withHealth } from "./health-report.ts";
import { SettingsPage } from "./settings/settings-page.ts";
import type { SettingsMemory } from "./settings-memory.ts";
import type { Chore } from "./slow-poll.ts";
import type { WireRecord } from "./wire/record.ts";

export interface CameraDetailsOptions {
  readonly deviceId: string;
  readonly memory: SettingsMemory;
  readonly target: () => CommandTarget;
  /** As the device list has it. */
  readonly record: () => WireRecord;
  readonly changed: () => void;
  readonly refusal: AbsenceRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The camera's life. */
  readonly signal: AbortSignal;
}

/** The settings that the device list does not show change only in Ring's app, and through us. */
const settingsPeriodMs = 4 * 3_600_000;
const healthPeriodMs = 300_000;

export class CameraDetails {
  readonly page: SettingsPage;
  readonly chores: readonly Chore[];
  readonly #settings: CameraChore;
  readonly #healthChore: CameraChore;
  #health: WireRecord | undefined;

  constructor(options: CameraDetailsOptions) {
    const { deviceId, memory, changed, clock } = options;
    this.page = new SettingsPage({
      remembered: memory.load(deviceId),
      clock,
      changed: (page) => {
        memory.save(deviceId, page);
        changed();
      },
    });
    this.#settings = this.#settingsChore(options);
    this.#healthChore = this.#openHealthChore(options);
    this.chores = [this.#settings, this.#healthChore];
  }

  withHealth(record: WireRecord): WireRecord {
    return withHealth(record, this.#health);
  }

  /** Somebody wants to know it all anew. */
  hurry(): void {
    this.#settings.hurry();
    this.#healthChore.hurry();
  }

  #settingsChore({ target, refusal, clock, logger, signal: life }: CameraDetailsOptions): CameraChore {
    return new CameraChore({
      what: "read the settings of a camera",
      isNeeded: () => true,
      work: (signal) => this.page.fetch(target(), composeSignals(signal, life)),
      onRefused: () => this.page.forget(),
      refusal,
      periodMs: settingsPeriodMs,
      clock,
      logger,
    });
  }

  #openHealthChore({
    target,
    record,
    changed,
    refusal,
    clock,
    logger,
    signal: life,
  }: CameraDetailsOptions): CameraChore {
    return new CameraChore({
      what: "read the health of a camera",
      isNeeded: () => lacksHealth(record()),
      work: async (signal) => {
        this.#health = await fetchHealth(target(), composeSignals(signal, life));
        changed();
      },
      onRefused: () => undefined,
      refusal,
      periodMs: healthPeriodMs,
      clock,
      logger,
    });
  }
}

// Home Assistant's own address, as the still image of a camera is fetched from it: set, asked for, remembered, or the usual one.
import type { Settings } from "../config/schema.ts";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, retry } from "../foundation/retry.ts";
import type { Supervisor } from "../home-assistant/supervisor.ts";
import type { StateFile, StateSection } from "../storage/state-file.ts";

export const usualHomeAssistantUrl = "http://homeassistant.local:8123";

const usualBackoff: Backoff = { firstMs: 2_000, longestMs: 10_000, jitter: 0.3 };

export interface HomeAssistantAddressOptions {
  /** The owner's word; nobody is asked then. */
  readonly settings: Pick<Settings, "home_assistant_url">;
  readonly supervisor: Pick<Supervisor, "homeAssistantUrl"> | undefined;
  /** Keeps what was found at an earlier start: Home Assistant may start after us. */
  readonly file: StateFile;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
}

export class HomeAssistantAddress {
  readonly changed: Subscribable<void>;
  readonly #changed: Emitter<void>;
  readonly #setting: string;
  readonly #memory: StateSection<string | undefined>;
  readonly #options: HomeAssistantAddressOptions;

  private constructor(options: HomeAssistantAddressOptions) {
    const { settings, file, logger } = options;
    this.#options = options;
    this.#setting = settings.home_assistant_url;
    this.#memory = file.section("homeAssistantUrl", (raw) => (typeof raw === "string" ? raw : undefined));
    this.#changed = new Emitter((error) => logger.error("a new address of Home Assistant had no effect", error));
    this.changed = this.#changed;
  }

  /** Has an answer at once, and maybe a better one later. */
  static find(options: HomeAssistantAddressOptions): HomeAssistantAddress {
    const address = new HomeAssistantAddress(options);
    if (options.supervisor && address.#setting === "") void address.#ask(options.supervisor);
    return address;
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#setting.replace(/\/+$/, "") || this.#memory.read() || usualHomeAssistantUrl;
  }

  /** Home Assistant may need minutes to start. */
  async #ask(supervisor: Pick<Supervisor, "homeAssistantUrl">): Promise<void> {
    const { clock, logger, signal, backoff = usualBackoff } = this.#options;
    const onFailure = (error: unknown): void => logger.debug("Home Assistant's address is not known yet", error);
    try {
      const found = await retry(() => supervisor.homeAssistantUrl(signal), { clock, backoff, signal, onFailure });
      if (found === this.#memory.read()) return;
      this.#memory.write(found);
      this.#changed.emit();
    } catch (error) {
      if (signal.aborted) return;
      logger.warn(`still images come from ${this.url}, set home_assistant_url if that is wrong`, error);
    }
  }
}

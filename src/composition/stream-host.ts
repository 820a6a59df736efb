// Under which name and port players reach the RTSP server, as far as the house around us decides that.
import { hostname } from "node:os";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, retry } from "../foundation/retry.ts";
import type { OwnApp, Supervisor } from "../home-assistant/supervisor.ts";
import { ownAddress } from "./own-address.ts";

export interface StreamHostOptions {
  readonly supervisor: Pick<Supervisor, "ownApp"> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts the start. */
  readonly starting: AbortSignal;
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
}

/** The Supervisor may start, or be updated, when we do. */
const usualBackoff: Backoff = { firstMs: 2_000, longestMs: 30_000, jitter: 0.3 };

/** In an app, what the Supervisor says; elsewhere our address on the network. */
export class StreamHost {
  /** The Supervisor has told it after all. */
  readonly changed: Subscribable<void>;
  readonly #changed: Emitter<void>;
  readonly #options: StreamHostOptions;
  #own: OwnApp | undefined;

  private constructor(options: StreamHostOptions) {
    this.#options = options;
    this.#changed = new Emitter((error) => options.logger.error("a new stream address had no effect", error));
    this.changed = this.#changed;
  }

  /** Resolves when the Supervisor has answered, or not: then it is asked again and again. */
  static async find(options: StreamHostOptions): Promise<StreamHost> {
    const { supervisor, starting, logger } = options;
    const found = new StreamHost(options);
    if (!supervisor) return found;
    try {
      found.#own = await supervisor.ownApp(starting);
    } catch (error) {
      starting.throwIfAborted();
      logger.warn(`the stream addresses show our own host name ${found.host}`, error);
      if (!(error instanceof PermanentError)) void found.#askAgain(supervisor);
    }
    return found;
  }

  get host(): string {
    // The Supervisor gives the container the same name.
    return this.#own?.hostname ?? (this.#options.supervisor ? hostname() : ownAddress());
  }

  /** The port of the host that the owner has opened for a TCP port of ours. */
  openedPort(own: number): number | undefined {
    return this.#own?.openedPorts.get(`${own}/tcp`);
  }

  async #askAgain(supervisor: Pick<Supervisor, "ownApp">): Promise<void> {
    const { clock, logger, signal, backoff = usualBackoff } = this.#options;
    const onFailure = (error: unknown): void => logger.debug("our name in Home Assistant is not known yet", error);
    try {
      this.#own = await retry(() => supervisor.ownApp(signal), { clock, backoff, signal, onFailure });
      this.#changed.emit();
    } catch (error) {
      if (!signal.aborted) logger.warn("the stream addresses keep our own host name", error);
    }
  }
}

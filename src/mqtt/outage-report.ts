// What the owner hears about the broker: each trouble once, not at every attempt, and that it is over.
import { codedText, errorCode, errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";

export class OutageReport {
  readonly #label: () => string;
  readonly #logger: Logger;
  #said: string | undefined;
  #wasConnected = false;
  #trouble: string | undefined;

  constructor(label: () => string, logger: Logger) {
    this.#label = label;
    this.#logger = logger;
  }

  /** Why there is no connection, in words for the owner; undefined while there is one, or before the first attempt is over. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  failed(error: unknown): void {
    this.#trouble = errorText(error);
    const code = errorCode(error);
    if (this.#said === code) {
      this.#logger.debug("the MQTT broker is still away", error);
      return;
    }
    const isNew = this.#said === undefined;
    this.#said = code;
    this.#logger.warn(`MQTT: ${codedText(error)}${isNew ? "; trying again until it works" : ""}`);
  }

  over(droppedMessages: number): void {
    this.#trouble = undefined;
    if (!this.#wasConnected) this.#logger.info(`connected to the MQTT broker ${this.#label()}`);
    else if (this.#said !== undefined) this.#logger.info(`the MQTT broker ${this.#label()} is back`);
    if (droppedMessages > 0)
      this.#logger.debug(`${droppedMessages} messages were dropped: the broker was away for too long`);
    this.#wasConnected = true;
    this.#said = undefined;
  }
}

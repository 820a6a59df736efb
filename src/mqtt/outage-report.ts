// What the owner hears about the broker: each trouble once, not at every attempt, and that it is over.
import { errorCode, errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";

export class OutageReport {
  readonly #label: string;
  readonly #logger: Logger;
  #said: string | undefined;
  #wasConnected = false;

  constructor(label: string, logger: Logger) {
    this.#label = label;
    this.#logger = logger;
  }

  failed(error: unknown): void {
    const code = errorCode(error);
    if (this.#said === code) {
      this.#logger.debug("the MQTT broker is still away", error);
      return;
    }
    const isNew = this.#said === undefined;
    this.#said = code;
    this.#logger.warn(`MQTT: ${errorText(error)}${isNew ? "; trying again until it works" : ""}`);
  }

  over(droppedMessages: number): void {
    if (!this.#wasConnected) this.#logger.info(`connected to the MQTT broker ${this.#label}`);
    else if (this.#said !== undefined) this.#logger.info(`the MQTT broker ${this.#label} is back`);
    if (droppedMessages > 0) this.#logger.debug(`${droppedMessages} messages were dropped while the broker was away`);
    this.#wasConnected = true;
    this.#said = undefined;
  }
}

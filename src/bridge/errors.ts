// Commands that come by MQTT: the words that many entities know, and the error for all other words.
import { PermanentError } from "../foundation/errors.ts";

export class BadCommandError extends PermanentError {
  constructor(payload: string, expected: string) {
    super("command.unknown", `the command ${JSON.stringify(payload.slice(0, 80))} is unknown; send ${expected}`);
  }
}

/** What a button sends; of anything else nobody knows that it was meant for it. */
export function checkPress(payload: string): void {
  if (payload.trim().toUpperCase() !== "PRESS") throw new BadCommandError(payload, "PRESS");
}

/** `ON` or `OFF`, in any case, as Home Assistant and people send it. */
export function parseOnOff(payload: string): boolean {
  const word = payload.trim().toUpperCase();
  if (word === "ON") return true;
  if (word === "OFF") return false;
  throw new BadCommandError(payload, "ON or OFF");
}

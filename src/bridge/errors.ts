// Errors of commands that come by MQTT.
import { PermanentError } from "../foundation/errors.ts";

export class BadCommandError extends PermanentError {
  constructor(payload: string, expected: string) {
    super("command.unknown", `the command ${JSON.stringify(payload.slice(0, 80))} is unknown; send ${expected}`);
  }
}

/** `ON` or `OFF`, in any case, as Home Assistant and people send it. */
export function parseOnOff(payload: string): boolean {
  const word = payload.trim().toUpperCase();
  if (word === "ON") return true;
  if (word === "OFF") return false;
  throw new BadCommandError(payload, "ON or OFF");
}

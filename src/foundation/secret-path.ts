// Paths on loopback that are their own credential: nobody can guess them, and no log line shows them.
import { randomBytes } from "node:crypto";

/** Its shape is known to the redaction of logs. `name` is for people who look at processes. */
export function secretPath(name: string): string {
  return `secret-${randomBytes(24).toString("hex")}/${name}`;
}

// The part of the state file that opens the page: the hash of its password, and who is logged in.
import type { StateFile, StateSection } from "../storage/state-file.ts";
import type { LockSecrets, StoredSession } from "../web/page-lock.ts";

/** One owner per opened file. */
export function pageSecrets(file: StateFile): StateSection<LockSecrets> {
  return file.section("page", (raw) => {
    const { passwordHash, sessions } = fieldsOf(raw);
    return {
      passwordHash: typeof passwordHash === "string" && passwordHash !== "" ? passwordHash : undefined,
      sessions: Array.isArray(sessions) ? sessions.filter(isSession) : [],
    };
  });
}

function isSession(value: unknown): value is StoredSession {
  const { digest, expiresAt } = fieldsOf(value);
  return typeof digest === "string" && typeof expiresAt === "number";
}

function fieldsOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

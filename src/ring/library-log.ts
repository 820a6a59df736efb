// Where ring-client-api's own lines go: our log, for developers. Without this they go to the console.
import { createRequire } from "node:module";
import { useLogger } from "ring-client-api/util";
import { config as rxjsConfig } from "rxjs";
import { errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { statusOf } from "./errors.ts";
import { asRecord } from "./wire/record.ts";

/** Both libraries have one logger per process: the newest account's. */
export function routeLibraryLog(logger: Logger): void {
  const say = (...parts: unknown[]): void => logger.debug(() => parts.map(describe).join(" "));
  useLogger({ logInfo: say, logError: say });
  // A bad frame of the signalling socket would otherwise end the process.
  rxjsConfig.onUnhandledError = (error) => logger.debug("an error that ring-client-api does not handle", error);
  const push = asRecord(receiverLogger());
  if (push) Object.assign(push, { log: say, warn: say, error: say, debug: () => undefined });
}

function describe(part: unknown): string {
  if (typeof part === "string") return part;
  const status = statusOf(part);
  if (status !== undefined) return `HTTP ${status}`;
  if (part instanceof Error) return errorText(part);
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    // Events of sockets hold themselves; a line for the log must never break what it tells about.
    return Object.prototype.toString.call(part);
  }
}

/** The push receiver is a dependency of ring-client-api, not of ours; its logger writes to stdout. */
function receiverLogger(): unknown {
  const require = createRequire(import.meta.resolve("ring-client-api"));
  return asRecord(require("@eneris/push-receiver/dist/utils/logger.js"))?.["default"];
}

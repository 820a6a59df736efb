import { logError, logInfo } from "ring-client-api/util";
import { expect, test } from "vitest";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { routeLibraryLog } from "./library-log.ts";

test("what ring-client-api says goes to our log for developers, whatever it is", () => {
  const { logger, lines } = recordingLogger();
  routeLibraryLog(logger.child("ring"));
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  logInfo("Activating", "Session");
  logError(Object.assign(new Error(), { response: { status: 503 } }));
  logError(new Error("boom"));
  logError({ code: 5 });
  logError(circular);
  expect(lines.map(({ level, line }) => `${level} ${line}`)).toEqual([
    "debug Activating Session",
    "debug HTTP 503",
    "debug boom",
    'debug {"code":5}',
    "debug [object Object]",
  ]);
});

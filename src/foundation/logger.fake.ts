// A logger for tests: keeps every line.
import { createLogger, type Logger, type LogLevel } from "./logger.ts";
import { Redactor } from "./redact.ts";

export interface RecordedLine {
  level: LogLevel;
  scope: string;
  line: string;
}

export function recordingLogger(
  redactor = new Redactor(),
  now?: () => number,
): {
  logger: Logger;
  lines: RecordedLine[];
  redactor: Redactor;
} {
  const lines: RecordedLine[] = [];
  const sink = {
    isEnabled: () => true,
    write: (level: LogLevel, scope: string, line: string) => void lines.push({ level, scope, line }),
  };
  return { logger: createLogger(sink, redactor, now), lines, redactor };
}

export const silentLogger: Logger = recordingLogger().logger;

// The one way to say something to people: levels, live prefixes, redaction, repeats counted. Where lines go is a LogSink.
import { codedText } from "./errors.ts";
import type { Redactor } from "./redact.ts";

/** Who reads it? Developers: debug; owners: the rest. How much is broken? An operation: warn, a room: error, the process: fatal. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** A text, or a function that makes it, called only when somebody reads that level. */
export type LogText = string | (() => string);

export interface Logger {
  debug(text: LogText, error?: unknown): void;
  info(text: LogText, error?: unknown): void;
  warn(text: LogText, error?: unknown): void;
  error(text: LogText, error?: unknown): void;
  fatal(text: LogText, error?: unknown): void;
  /** A logger for a part: `scope` is appended to the namespace (`ring`, `ring/calls`); `prefix` is asked at each line. */
  child(scope: string, prefix?: () => string): Logger;
}

export interface LogSink {
  isEnabled(level: LogLevel, scope: string): boolean;
  write(level: LogLevel, scope: string, line: string): void;
}

const repeatWindowMs = 60_000;
const rememberedLines = 500;

/** Equal owner-level lines within a minute are written once; the next one after that carries the count. */
class RepeatFilter {
  readonly #lines = new Map<string, { firstAt: number; suppressed: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The line to write, or undefined where it is a repeat. */
  pass(key: string, line: string): string | undefined {
    const now = this.#now();
    const known = this.#lines.get(key);
    if (known && now - known.firstAt < repeatWindowMs) {
      known.suppressed++;
      return undefined;
    }
    this.#lines.delete(key);
    this.#lines.set(key, { firstAt: now, suppressed: 0 });
    const oldest = this.#lines.size > rememberedLines ? this.#lines.keys().next().value : undefined;
    if (oldest !== undefined) this.#lines.delete(oldest);
    return known?.suppressed ? `${line} (and ${known.suppressed} times more since)` : line;
  }
}

export function createLogger(sink: LogSink, redactor: Redactor, now: () => number = Date.now): Logger {
  const repeats = new RepeatFilter(now);
  const make = (scope: string, prefix: (() => string) | undefined): Logger => {
    const log = (level: LogLevel) => (text: LogText, error?: unknown) => {
      if (!sink.isEnabled(level, scope)) return;
      const said = typeof text === "string" ? text : text();
      const cause = error === undefined ? "" : `: ${codedText(error)}`;
      const start = prefix?.();
      const line = redactor.redact(`${start ? `${start}: ` : ""}${said}${cause}`);
      const passed = level === "debug" || level === "fatal" ? line : repeats.pass(`${level} ${scope} ${line}`, line);
      if (passed !== undefined) sink.write(level, scope, passed);
    };
    return {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      fatal: log("fatal"),
      child: (sub, subPrefix) => make(scope ? `${scope}/${sub}` : sub, subPrefix ?? prefix),
    };
  };
  return make("", undefined);
}

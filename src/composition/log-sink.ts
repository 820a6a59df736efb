// Where log lines go: stdout, through `debug` namespaces (`belfry:ring/calls`), so that DEBUG=belfry:* works as usual.
import debug from "debug";
import type { LogLevel, LogSink } from "../foundation/logger.ts";

const order: readonly LogLevel[] = ["debug", "info", "warn", "error", "fatal"];

/** Lines at `threshold` and above are always written; debug lines also where DEBUG names their namespace. */
export function createLogSink(threshold: LogLevel, write: (line: string) => void): LogSink {
  const namespaces = new Map<string, debug.Debugger>();
  const minimum = order.indexOf(threshold);
  const debuggerOf = (scope: string): debug.Debugger => {
    const known = namespaces.get(scope);
    if (known) return known;
    const made = debug(scope ? `belfry:${scope}` : "belfry");
    namespaces.set(scope, made);
    return made;
  };
  return {
    isEnabled: (level, scope) => order.indexOf(level) >= minimum || debuggerOf(scope).enabled,
    write: (level, scope, line) => {
      const { namespace } = debuggerOf(scope);
      const name = level === "info" ? "" : `${level.toUpperCase()} `;
      write(`${new Date().toISOString()} ${namespace} ${name}${line}\n`);
    },
  };
}

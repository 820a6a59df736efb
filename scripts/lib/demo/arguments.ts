// What the command line of scripts/demo asks for.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { demoAccountPath } from "../../../simulator/account-builders.ts";

export interface DemoArguments {
  /** Checks itself and ends, instead of running until Ctrl-C. */
  readonly isCheck: boolean;
  readonly accountPath: string;
  /** The setting stream_engine. */
  readonly engine: string;
  readonly wantsHelp: boolean;
}

export const usage = `usage: scripts/demo [--check] [--account FILE] [--engine builtin|mediamtx]

Runs Belfry against a simulated Ring cloud until Ctrl-C.
  --check         checks itself instead: one line per fact, exit code 0 or 1; the default without a terminal
  --account FILE  the simulated account; see simulator/accounts
  --engine NAME   what serves the streams; mediamtx needs MediaMTX on the PATH or in MEDIAMTX_BIN
`;

const engines = ["builtin", "mediamtx"];

/** Throws with a sentence for the reader where an argument is unknown. */
export function readArguments(args: readonly string[], isTerminal: boolean): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: "boolean" },
      account: { type: "string" },
      engine: { type: "string", default: "builtin" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (!engines.includes(values.engine)) throw new Error(`--engine ${values.engine}: it is ${engines.join(" or ")}`);
  return {
    isCheck: values.check ?? !isTerminal,
    accountPath: values.account === undefined ? demoAccountPath : resolve(values.account),
    engine: values.engine,
    wantsHelp: values.help ?? false,
  };
}

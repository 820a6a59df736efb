// What the command line of scripts/demo asks for.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { demoAccountPath } from "../../../simulator/account-builders.ts";

export interface DemoArguments {
  /** Checks itself and ends, instead of running until Ctrl-C. */
  readonly isCheck: boolean;
  readonly accountPath: string;
  readonly wantsHelp: boolean;
}

export const usage = `usage: scripts/demo [--check] [--account FILE]

Runs Belfry against a simulated Ring cloud until Ctrl-C.
  --check         checks itself instead: one line per fact, exit code 0 or 1; the default without a terminal
  --account FILE  the simulated account; see simulator/accounts
`;

/** Throws with a sentence for the reader where an argument is unknown. */
export function readArguments(args: readonly string[], isTerminal: boolean): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { check: { type: "boolean" }, account: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  return {
    isCheck: values.check ?? !isTerminal,
    accountPath: values.account === undefined ? demoAccountPath : resolve(values.account),
    wantsHelp: values.help ?? false,
  };
}

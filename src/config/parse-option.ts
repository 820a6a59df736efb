// Checks one value against its option row, from YAML or JSON (typed) or from the environment (text).
import * as v from "valibot";
import { PermanentError } from "../foundation/errors.ts";
import type { OptionRow } from "./schema.ts";

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

/** The value that the row's type has. Throws PermanentError `config.bad-value`, naming key, source and what is expected. */
export function parseOption(row: OptionRow, value: unknown, source: string): unknown {
  const result = v.safeParse(schemaOf(row), value);
  if (result.success) return result.output;
  const shown = row.type === "password" ? "" : ` (it is ${JSON.stringify(value)})`;
  throw new PermanentError(
    "config.bad-value",
    `The setting ${row.key} in ${source} must be ${expectation(row)}${shown}; correct it and start again`,
  );
}

function schemaOf(row: OptionRow): v.GenericSchema {
  switch (row.type) {
    case "integer":
      return v.pipe(
        v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/), v.transform(Number))]),
        v.integer(),
        v.check((value) => (value >= row.min && value <= row.max) || (row.orZero === true && value === 0)),
      );
    case "boolean":
      return v.union([
        v.boolean(),
        v.pipe(
          v.string(),
          v.check((text) => text.toLowerCase() in booleans),
          v.transform((text) => booleans[text.toLowerCase()]),
        ),
      ]);
    case "choice":
      return v.picklist([...row.choices]);
    case "list":
      return v.union([
        v.array(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
        v.pipe(v.string(), v.transform(splitList)),
      ]);
    default:
      return row.pattern ? v.pipe(scalarText, v.regex(row.pattern)) : scalarText;
  }
}

/** YAML reads `1234` as a number where a text is meant. */
const scalarText = v.union([v.string(), v.pipe(v.number(), v.transform(String))]);

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function expectation(row: OptionRow): string {
  switch (row.type) {
    case "integer":
      return `${row.orZero ? "0 or " : ""}a whole number from ${row.min} to ${row.max}`;
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${row.choices.join(", ")}`;
    case "list":
      return "a list of texts";
    default:
      return row.shape ?? "a text";
  }
}

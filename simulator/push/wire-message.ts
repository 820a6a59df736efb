// One protobuf message on the wire: encodes plain fields, decodes into fields that a schema has checked.
import protobuf from "protobufjs";
import * as v from "valibot";
import { listIssues } from "./list-issues.ts";

/** A message that is no protobuf, lacks a field or holds a wrong one; the text names which. */
export class WireMessageError extends Error {
  override readonly name = "WireMessageError";
}

// 64-bit numbers come as decimal text, because ids do not fit a JavaScript number.
const plainForm = { longs: String, bytes: Buffer, arrays: true } as const;

export class WireMessage<Schema extends v.GenericSchema> {
  readonly #type: protobuf.Type;
  readonly #schema: Schema;

  constructor(type: protobuf.Type, schema: Schema) {
    this.#type = type;
    this.#schema = schema;
  }

  encode(fields: Record<string, unknown>): Buffer {
    return Buffer.from(this.#type.encode(this.#type.fromObject(fields)).finish());
  }

  decode(bytes: Buffer): v.InferOutput<Schema> {
    const parsed = v.safeParse(this.#schema, this.#decodePlain(bytes));
    if (!parsed.success) throw new WireMessageError(`${this.#type.name} is refused: ${listIssues(parsed.issues)}`);
    return parsed.output;
  }

  #decodePlain(bytes: Buffer): unknown {
    try {
      return this.#type.toObject(this.#type.decode(bytes), plainForm);
    } catch (error) {
      throw new WireMessageError(`${this.#type.name} cannot be decoded: ${String(error)}`, { cause: error });
    }
  }
}

/** Field names with their type and number: `["string", 1]`, a third entry is the rule (`required`, `repeated`). */
export type FieldTable = Record<string, readonly [type: string, number: number, rule?: "required" | "repeated"]>;

/** Builds the message types of one protocol from tables of fields. */
export function defineWireTypes(tables: Record<string, FieldTable>): (name: string) => protobuf.Type {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(tables)) {
    const type = new protobuf.Type(name);
    for (const [field, [fieldType, number, rule]] of Object.entries(fields)) {
      type.add(new protobuf.Field(field, number, fieldType, rule));
    }
    root.add(type);
  }
  root.resolveAll();
  return (name) => root.lookupType(name);
}

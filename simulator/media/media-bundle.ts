// Encoded media on disk: a description as JSON and the pieces it speaks of, in one file.
import { readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";

// Layout: 4 bytes length of the JSON, the JSON {description, sizes}, the pieces one after the other.
const headSchema = v.object({
  description: v.unknown(),
  sizes: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
const lengthBytes = 4;

export interface MediaBundle {
  readonly description: unknown;
  readonly pieces: readonly Buffer[];
}

export async function writeBundle(path: string, { description, pieces }: MediaBundle): Promise<void> {
  const head = Buffer.from(JSON.stringify({ description, sizes: pieces.map((piece) => piece.length) }));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(head.length);
  await writeFile(path, Buffer.concat([length, head, ...pieces]));
}

/** All pieces are views of one buffer. */
export async function readBundle(path: string): Promise<MediaBundle> {
  const file = await readFile(path);
  let end = lengthBytes + file.readUInt32BE(0);
  const { description, sizes } = v.parse(headSchema, JSON.parse(file.toString("utf8", lengthBytes, end)));
  const pieces = sizes.map((size) => {
    const start = end;
    end += size;
    return file.subarray(start, end);
  });
  if (end !== file.length) throw new Error(`${path} is damaged: remove it and it is made again`);
  return { description, pieces };
}

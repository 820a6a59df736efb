import { expect, test } from "vitest";
import { writeAll } from "./write-all.ts";

/** A file that takes so much at a time. */
function file(pieces: number[]) {
  const content = Buffer.alloc(20);
  const write = async (bytes: Buffer, offset: number, length: number, position: number) => {
    const bytesWritten = Math.min(length, pieces.shift() ?? 0);
    bytes.copy(content, position, offset, offset + bytesWritten);
    return { bytesWritten, buffer: bytes };
  };
  return { content, handle: { write } as unknown as Parameters<typeof writeAll>[0] };
}

test("what a write leaves over is written by the next one, at its place", async () => {
  const { content, handle } = file([3, 1, 100]);
  await writeAll(handle, Buffer.from("0123456789"), 5);
  expect(content.toString("latin1", 5, 15)).toBe("0123456789");
});

test("a file that takes no more is an error", async () => {
  await expect(writeAll(file([3]).handle, Buffer.from("0123456789"), 0)).rejects.toThrow(/nothing more/);
});

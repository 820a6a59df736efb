import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import type { RecordingDownload } from "../ring/history/recording-download.ts";
import { type KeptRecording, RecordingShelf } from "./recording-shelf.ts";

class FakeFile implements KeptRecording {
  failure: Error | undefined;
  isGone = false;
  readonly size = Promise.resolve(0);
  read: RecordingDownload["read"] = async () => Buffer.alloc(0);

  async [Symbol.asyncDispose](): Promise<void> {
    this.isGone = true;
  }
}

function setUp() {
  const clock = new ManualClock();
  const files: FakeFile[] = [];
  const open = async (): Promise<FakeFile> => {
    const file = new FakeFile();
    files.push(file);
    return file;
  };
  return { clock, files, open, shelf: new RecordingShelf(clock) };
}

test("who comes back within a minute gets the same file, later ones a new one", async () => {
  const { clock, files, open, shelf } = setUp();
  (await shelf.take("1", open))[Symbol.dispose]();
  await clock.advance(59_000);
  const again = await shelf.take("1", open);
  await clock.advance(600_000);
  expect(files.map(({ isGone }) => isGone)).toEqual([false]);
  again[Symbol.dispose]();
  await clock.advance(60_000);
  expect(files.map(({ isGone }) => isGone)).toEqual([true]);
  await shelf.take("1", open);
  expect(files).toHaveLength(2);
});

test("another recording replaces it, at once or when it has been played", async () => {
  const { clock, files, open, shelf } = setUp();
  const first = await shelf.take("1", open);
  (await shelf.take("2", open))[Symbol.dispose]();
  expect(files.map(({ isGone }) => isGone)).toEqual([false, false]);
  first[Symbol.dispose]();
  expect(files[0]?.isGone).toBe(true);
  await shelf.take("3", open);
  await clock.advance(0);
  expect(files.map(({ isGone }) => isGone)).toEqual([true, true, false]);
});

test("what failed, at once or on its way, is fetched anew", async () => {
  const { files, open, shelf } = setUp();
  await expect(shelf.take("1", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const broken = await shelf.take("1", open);
  for (const file of files) file.failure = new Error("broke off");
  broken[Symbol.dispose]();
  expect(files[0]?.isGone).toBe(true);
  await shelf.take("1", open);
  expect(files).toHaveLength(2);
});

test("nothing is left at the end", async () => {
  const { clock, files, open, shelf } = setUp();
  (await shelf.take("1", open))[Symbol.dispose]();
  await shelf[Symbol.asyncDispose]();
  await clock.advance(0);
  expect(files.map(({ isGone }) => isGone)).toEqual([true]);
  expect(clock.pending).toBe(0);
});

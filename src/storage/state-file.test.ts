import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordingLogger, silentLogger } from "../foundation/logger.fake.ts";
import { storageError } from "./durable-write.ts";
import { StateFile } from "./state-file.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "belfry-state-"));
  path = join(directory, "data", "state.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const count = (raw: unknown): number => {
  if (raw === undefined) return 0;
  if (typeof raw !== "number") throw new Error("not a number");
  return raw;
};
const stored = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

test("sections live side by side and survive", () => {
  const file = StateFile.open(path, silentLogger);
  const first = file.section("first", count);
  const second = file.section("second", count);
  expect(first.read()).toBe(0);
  first.write(1);
  expect(second.update((value) => value + 5)).toBe(5);
  expect(stored(path)).toEqual({ version: 1, readableFrom: 1, sections: { first: 1, second: 5 } });

  const again = StateFile.open(path, silentLogger);
  expect(again.section("second", count).read()).toBe(5);
  // A section that nobody asked for this time is kept.
  again.section("third", count).write(3);
  expect(stored(path)).toMatchObject({ sections: { first: 1, second: 5, third: 3 } });
});

test("what is kept is written by a flush, or goes along with the next write", () => {
  const file = StateFile.open(path, silentLogger);
  const first = file.section("first", count);
  const second = file.section("second", count);
  first.keep(1);
  expect(first.read()).toBe(1);
  expect(existsSync(path)).toBe(false);
  file.flush();
  expect(stored(path)).toMatchObject({ sections: { first: 1 } });
  first.keep(2);
  second.write(5);
  expect(stored(path)).toMatchObject({ sections: { first: 2, second: 5 } });
  const { ino } = statSync(path);
  file.flush();
  expect(statSync(path).ino).toBe(ino);
});

test("what could not be flushed is flushed the next time", () => {
  const file = StateFile.open(path, silentLogger);
  file.section("a", count).keep(1);
  rmSync(join(directory, "data"), { recursive: true });
  expect(() => file.flush()).toThrow(expect.objectContaining({ code: expect.stringMatching(/^storage\./) }));
  mkdirSync(join(directory, "data"));
  file.flush();
  expect(stored(path)).toMatchObject({ sections: { a: 1 } });
});

test("only the owner may read file, copy and directory, and nothing else is left", () => {
  const section = StateFile.open(path, silentLogger).section("a", count);
  section.write(1);
  section.write(2);
  expect(mode(path)).toBe("600");
  expect(mode(`${path}.previous`)).toBe("600");
  expect(mode(join(directory, "data"))).toBe("700");
  expect(readdirSync(join(directory, "data")).sort()).toEqual(["state.json", "state.json.previous"]);
  expect(stored(`${path}.previous`)).toMatchObject({ sections: { a: 1 } });
});

test.each(["", "{", '{"version":1,"sec', "[]", '{"version":1,"sections":[]}', "\0\0\0\0"])(
  "a damaged file (%j) is replaced by its previous copy",
  (damage) => {
    const section = StateFile.open(path, silentLogger).section("a", count);
    section.write(1);
    section.write(2);
    writeFileSync(path, damage);
    const { logger, lines } = recordingLogger();
    const reopened = StateFile.open(path, logger).section("a", count);
    expect(reopened.read()).toBe(1);
    expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("previous copy is used") }]);
    // The damaged file must not become the copy.
    reopened.write(3);
    expect(stored(`${path}.previous`)).toMatchObject({ sections: { a: 1 } });
    expect(stored(path)).toMatchObject({ sections: { a: 3 } });
  },
);

test("what a killed write left behind is removed", () => {
  StateFile.open(path, silentLogger).section("a", count).write(1);
  writeFileSync(`${path}.0badcafe.tmp`, '{"version":');
  writeFileSync(join(directory, "data", "other.tmp"), "");
  expect(StateFile.open(path, silentLogger).section("a", count).read()).toBe(1);
  expect(readdirSync(join(directory, "data")).sort()).toEqual(["other.tmp", "state.json"]);
});

test("where the file is gone the copy is used", () => {
  const section = StateFile.open(path, silentLogger).section("a", count);
  section.write(1);
  section.write(2);
  rmSync(path);
  expect(StateFile.open(path, silentLogger).section("a", count).read()).toBe(1);
});

test("both damaged: moved aside, an error is said, the state starts empty", () => {
  const section = StateFile.open(path, silentLogger).section("a", count);
  section.write(1);
  section.write(2);
  writeFileSync(path, "x");
  writeFileSync(`${path}.previous`, "y");
  const { logger, lines } = recordingLogger();
  const reopened = StateFile.open(path, logger).section("a", count);
  expect(reopened.read()).toBe(0);
  expect(lines).toMatchObject([{ level: "error", line: expect.stringContaining("state.json.damaged") }]);
  expect(readFileSync(`${path}.damaged`, "utf8")).toBe("x");
  expect(readFileSync(`${path}.previous.damaged`, "utf8")).toBe("y");
  reopened.write(7);
  expect(StateFile.open(path, silentLogger).section("a", count).read()).toBe(7);
});

test("a section that cannot be understood is forgotten, the others stay", () => {
  const file = StateFile.open(path, silentLogger);
  file.section("a", (raw) => raw).write("text");
  file.section("b", count).write(4);
  const { logger, lines } = recordingLogger();
  const again = StateFile.open(path, logger);
  expect(again.section("a", count).read()).toBe(0);
  expect(again.section("b", count).read()).toBe(4);
  expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("the stored a") }]);
});

test("a file of a newer version is not touched", () => {
  StateFile.open(path, silentLogger).section("a", count).write(1);
  writeFileSync(path, '{"version":2,"sections":{}}');
  expect(() => StateFile.open(path, silentLogger)).toThrow(expect.objectContaining({ code: "storage.newer" }));
  expect(stored(path)).toEqual({ version: 2, sections: {} });
});

test("a section has one owner", () => {
  const file = StateFile.open(path, silentLogger);
  file.section("a", count);
  expect(() => file.section("a", count)).toThrow("has an owner");
});

test("a path below a file is refused with a clear sentence", () => {
  writeFileSync(join(directory, "file"), "");
  expect(() => StateFile.open(join(directory, "file", "state.json"), silentLogger)).toThrow(
    expect.objectContaining({ code: "storage.denied", message: expect.stringContaining("choose another") }),
  );
});

test("a failed write is told, keeps the value and leaves the file as it was", () => {
  const section = StateFile.open(path, silentLogger).section("a", count);
  section.write(1);
  rmSync(join(directory, "data"), { recursive: true });
  expect(() => section.write(2)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^storage\./) }));
  expect(section.read()).toBe(2);
  expect(existsSync(path)).toBe(false);
});

test("a directory that is not writable is named, and what is stored stays", () => {
  const data = join(directory, "data");
  const section = StateFile.open(path, silentLogger).section("a", count);
  section.write(1);
  // Nobody may make files there, root included.
  renameSync(data, `${data}.real`);
  symlinkSync("/sys", data);
  expect(() => section.write(2)).toThrow(expect.objectContaining({ code: "storage.denied" }));
  rmSync(data);
  renameSync(`${data}.real`, data);
  expect(stored(path)).toMatchObject({ sections: { a: 1 } });
});

test.each([
  ["ENOSPC", "storage.full", "the disk is full"],
  ["EROFS", "storage.denied", "make its directory writable"],
  ["EIO", "storage.failed", "cannot be read or saved"],
])("%s is explained", (code, ours, sentence) => {
  const error = storageError("/data/state.json", Object.assign(new Error(code), { code }));
  expect(error.code).toBe(ours);
  expect(error.message).toContain("/data/state.json");
  expect(error.message).toContain(sentence);
});

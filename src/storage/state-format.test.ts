import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordingLogger, silentLogger } from "../foundation/logger.fake.ts";
import { StateFile } from "./state-file.ts";
import { currentFormat, type Sections, type StateFormat } from "./state-format.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "belfry-format-"));
  path = join(directory, "state.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const salvage = (): Sections => ({});
const first: StateFormat = { version: 1, readableFrom: 1, migrations: {}, salvage };
/** Renames a section: an older Belfry cannot read what it writes. */
const second: StateFormat = {
  version: 2,
  readableFrom: 2,
  migrations: { 1: ({ token, ...others }) => ({ ...others, account: { token } }) },
  salvage,
};
const third: StateFormat = {
  version: 3,
  readableFrom: 3,
  migrations: { ...second.migrations, 2: (sections) => ({ ...sections, third: true }) },
  salvage,
};
/** Only adds: an older Belfry may use it. */
const gentle: StateFormat = { version: 2, readableFrom: 1, migrations: { 1: (sections) => sections }, salvage };

const asIs = (raw: unknown): unknown => raw;
const stored = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const write = (format: StateFormat, name: string, value: unknown): void =>
  StateFile.open(path, silentLogger, format).section(name, asIs).write(value);
const read = (format: StateFormat, name: string, logger = silentLogger): unknown =>
  StateFile.open(path, logger, format).section(name, asIs).read();

test("every format up to ours has a way to the next one", () => {
  for (let from = 1; from < currentFormat.version; from++)
    expect(currentFormat.migrations[from]).toBeTypeOf("function");
  expect(currentFormat.readableFrom).toBeLessThanOrEqual(currentFormat.version);
});

test("an upgrade brings the state along, over several formats, and keeps the old file", () => {
  write(first, "token", "abc");
  expect(read(third, "account")).toEqual({ token: "abc" });
  // Nothing was written yet: the next start does the same.
  expect(stored(path)).toMatchObject({ version: 1 });
  write(third, "other", 1);
  expect(stored(path)).toEqual({
    version: 3,
    readableFrom: 3,
    sections: { account: { token: "abc" }, third: true, other: 1 },
  });
  expect(stored(`${path}.format-1`)).toMatchObject({ version: 1, sections: { token: "abc" } });
});

test("a file without readableFrom is one of format 1", () => {
  writeFileSync(path, '{"version":1,"sections":{"token":"abc"}}');
  expect(read(second, "account")).toEqual({ token: "abc" });
});

test("a downgrade goes back to what was kept, says so, and loses nothing of the newer one", () => {
  write(first, "token", "abc");
  write(second, "account", { token: "def" });
  const { logger, lines } = recordingLogger();
  expect(read(first, "token", logger)).toBe("abc");
  expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("newer Belfry (format 2)") }]);
  write(first, "token", "ghi");
  expect(stored(path)).toMatchObject({ version: 1, sections: { token: "ghi" } });
  expect(stored(`${path}.format-2`)).toMatchObject({ sections: { account: { token: "def" } } });
  // The copy for a damaged file is never one of the other format.
  writeFileSync(path, "damaged");
  expect(existsSync(`${path}.previous`) ? stored(`${path}.previous`) : { version: 1 }).toMatchObject({ version: 1 });
});

test("Ring's token of the newer one is taken along in a downgrade, as long as it looks like ours", () => {
  const newer = (ring: unknown): string => JSON.stringify({ version: 9, readableFrom: 9, sections: { ring } });
  write(currentFormat, "ring", { refreshToken: "old" });
  write(currentFormat, "other", 1);
  copyFileSync(path, `${path}.format-${currentFormat.version}`);
  writeFileSync(path, newer({ refreshToken: "new" }));
  expect([read(currentFormat, "ring"), read(currentFormat, "other")]).toEqual([{ refreshToken: "new" }, 1]);
  writeFileSync(path, newer({ tokens: ["of another shape"] }));
  expect(read(currentFormat, "ring")).toEqual({ refreshToken: "old" });
});

test("up again after a downgrade: what the older one knew last counts", () => {
  write(first, "token", "abc");
  write(second, "account", { token: "def" });
  write(first, "token", "ghi");
  expect(read(second, "account")).toEqual({ token: "ghi" });
});

test("a newer format that an older Belfry understands is used as it is", () => {
  write(first, "token", "abc");
  write(gentle, "more", "new");
  const { logger, lines } = recordingLogger();
  expect(read(first, "token", logger)).toBe("abc");
  expect(lines).toEqual([]);
  // A section that we do not know is kept for the newer one.
  write(first, "token", "ghi");
  expect(read(gentle, "more")).toBe("new");
});

test("a newer file that came from elsewhere is refused and not touched", () => {
  write(second, "account", { token: "def" });
  const before = readFileSync(path, "utf8");
  expect(() => read(first, "token")).toThrow(expect.objectContaining({ code: "storage.newer" }));
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("a migration that fails leaves the file for the Belfry that wrote it", () => {
  write(first, "token", "abc");
  const broken: StateFormat = { version: 2, readableFrom: 2, migrations: {}, salvage };
  expect(() => read(broken, "token")).toThrow(expect.objectContaining({ code: "storage.migration" }));
  expect(read(first, "token")).toBe("abc");
});

test("the previous copy of a damaged file is brought up as well", () => {
  write(first, "token", "abc");
  write(first, "token", "abd");
  writeFileSync(path, "damaged");
  expect(read(second, "account")).toEqual({ token: "abc" });
});

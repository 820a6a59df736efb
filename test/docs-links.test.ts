import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { bridgeRows } from "../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../src/bridge/entities/camera-rows.ts";
import { repositoryRoot } from "./support/source-files.ts";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
/** Home Assistant shows them without the files beside them. */
const shownAlone = ["DOCS.md", "README.md", "CHANGELOG.md"];
const manuals = [...shownAlone, ...globSync("docs/**/*.md", { cwd: repositoryRoot })];

const linksOf = (text: string): string[] =>
  [...text.matchAll(/(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");

/** As the places where Markdown is shown make an anchor of a heading. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(manuals)("%s: every link leads somewhere", (path) => {
  for (const link of linksOf(read(path)).filter((one) => !/^https?:/.test(one))) {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    expect(existsSync(join(repositoryRoot, target)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(read(target)), link).toContain(anchor);
  }
});

test.each(shownAlone)(
  "%s can be read in Home Assistant: no link leads to a file beside it, and those it names exist",
  (path) => {
    expect(linksOf(read(path)).filter((link) => !/^(?:https?:|#)/.test(link))).toEqual([]);
    const named = [...read(path).matchAll(/`((?:docs|scripts)\/[\w./-]+)`/g)].map((match) => match[1] ?? "");
    for (const file of named) expect(existsSync(join(repositoryRoot, file)), file).toBe(true);
  },
);

test("the commands for newcomers are in the README", () => {
  for (const command of ["scripts/demo ", "scripts/demo --check", "scripts/test "])
    expect(read("README.md")).toContain(command);
});

test("the manual has every entity of a camera, and those of Belfry that tell something", () => {
  const told = bridgeRows.filter(({ platform, key }) => platform !== "button" && key !== "version");
  for (const { key } of [...cameraRows, ...told]) expect(read("DOCS.md")).toContain(`\`${key}\``);
});

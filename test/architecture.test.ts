import { dirname, join } from "node:path/posix";
import { expect, test } from "vitest";
import { type SourceFile, sourceFiles } from "./support/source-files.ts";

/** Who may import whom in src, as docs/architecture.md says it. Packages not named here belong to the composition root alone. */
const rooms: Readonly<Record<string, { rooms: readonly string[]; packages: readonly string[] }>> = {
  foundation: { rooms: [], packages: [] },
  config: { rooms: ["foundation"], packages: ["valibot", "yaml"] },
  storage: { rooms: ["foundation"], packages: [] },
  mqtt: { rooms: ["foundation"], packages: ["mqtt", "aedes"] },
  "home-assistant": { rooms: ["foundation", "mqtt"], packages: ["got"] },
  ring: { rooms: ["foundation"], packages: ["ring-client-api", "rxjs", "werift", "got"] },
  "media/formats": { rooms: ["foundation"], packages: [] },
  "media/hub": { rooms: ["foundation", "media/formats"], packages: [] },
  "media/servers": { rooms: ["foundation", "media/formats", "media/hub"], packages: [] },
  "media/ffmpeg": { rooms: ["foundation", "media/formats", "media/hub"], packages: [] },
  "media/engines": { rooms: ["foundation", "media/formats", "media/hub"], packages: ["got"] },
  media: { rooms: ["foundation"], packages: [] },
  bridge: {
    rooms: ["foundation", "ring", "home-assistant", "media", "media/formats", "media/hub"],
    packages: [],
  },
  web: { rooms: ["foundation"], packages: ["fastify", "@fastify/helmet", "@fastify/rate-limit", "@fastify/cookie"] },
  "web/page": { rooms: ["web"], packages: ["lit"] },
};
const compositionRoot = /^src\/(?:(?:app|main|login)\.ts|composition\/)/;

const files = sourceFiles("src");
const product = files.filter((file) => !/\.(test|fake|fixtures)\.ts$/.test(file.path));

function roomOf(path: string): string | undefined {
  const inside = path.slice("src/".length);
  return Object.keys(rooms)
    .sort((a, b) => b.length - a.length)
    .find((room) => inside.startsWith(`${room}/`));
}

function targetsOf(file: SourceFile): string[] {
  return file.imports.filter((name) => name.startsWith(".")).map((name) => join(dirname(file.path), name));
}

/** "" where the import is allowed, else what is wrong. */
function judge(file: SourceFile, specifier: string): string {
  const room = roomOf(file.path);
  if (room === undefined || specifier.startsWith("node:")) return "";
  const rule = rooms[room];
  if (!specifier.startsWith(".")) {
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    return rule?.packages.includes(name) ? "" : `${file.path} imports the package ${name}`;
  }
  const target = join(dirname(file.path), specifier);
  const targetRoom = roomOf(target);
  // The errors of the media room stand above its inner rooms and are for all of them.
  if (targetRoom === room || target === "src/media/errors.ts" || targetRoom === "foundation") return "";
  return targetRoom !== undefined && rule?.rooms.includes(targetRoom) ? "" : `${file.path} imports ${target}`;
}

test("every source file belongs to a room or to the composition root", () => {
  expect(files.map((file) => file.path).filter((path) => !roomOf(path) && !compositionRoot.test(path))).toEqual([]);
});

test("rooms import only what the plan allows, types included", () => {
  expect(product.flatMap((file) => file.imports.map((name) => judge(file, name))).filter(Boolean)).toEqual([]);
});

test("only main.ts imports app.ts, and nobody imports main.ts", () => {
  const importers = (target: string) =>
    product.filter((file) => targetsOf(file).includes(target)).map(({ path }) => path);
  expect(importers("src/app.ts")).toEqual(["src/main.ts"]);
  expect(importers("src/main.ts")).toEqual([]);
});

test("there are no import cycles in src and simulator", () => {
  const all = new Map([...files, ...sourceFiles("simulator")].map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    if (done.has(path) || trail.includes(path)) return;
    for (const target of all.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of all.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});

test("the product does not import the simulator or the tests, nor the simulator the product", () => {
  const strangers = [...product, ...sourceFiles("simulator").filter(({ path }) => !path.endsWith(".test.ts"))].flatMap(
    (file) =>
      targetsOf(file)
        .filter((target) => target.split("/")[0] !== file.path.split("/")[0])
        .map((target) => `${file.path} imports ${target}`),
  );
  expect(strangers).toEqual([]);
});

test("source files stay readable in size", () => {
  const long = product
    .map((file) => ({ path: file.path, lines: file.text.split("\n").length }))
    .filter(({ lines, path }) => lines > (/-rows\.ts$|-tables?\.ts$|schema\.ts$/.test(path) ? 500 : 350));
  expect(long).toEqual([]);
});

test("no switched-off types, no promises left hanging for later", () => {
  const pattern = /@ts-(?:ignore|nocheck|expect-error)|biome-ignore|\bas any\b|\bTODO\b|\bFIXME\b/;
  expect(product.filter((file) => pattern.test(file.text)).map((file) => file.path)).toEqual([]);
});

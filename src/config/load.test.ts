import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { codedText } from "../foundation/errors.ts";
import { loadSettings } from "./load.ts";
import { optionRows } from "./schema.ts";

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

const directory = (files: Record<string, string> = {}): string => {
  const path = mkdtempSync(join(tmpdir(), "belfry-config-"));
  made.push(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
};
const load = (files: Record<string, string>, environment: Record<string, string> = {}) =>
  loadSettings({ environment, dataDirectory: directory(files) });

test("without any file every setting has its default", () => {
  const { settings, warnings, source } = load({});
  for (const row of optionRows) expect(settings[row.key]).toEqual(row.default);
  expect([warnings, source]).toEqual([[], undefined]);
});

test("the app's options beat belfry.yaml, the environment beats both, older names are read", () => {
  const { settings } = load(
    { "options.json": '{"ring_topic":"app","rtsp_port":8600}', "belfry.yaml": "ring_topic: yaml" },
    { BELFRY_RTSP_PORT: "8700", LIVESTREAMUSER: "me", LIVESTREAMPASSWORD: "secret", BELFRY_LOCATION_IDS: "a, b" },
  );
  expect(settings).toMatchObject({
    ring_topic: "app",
    rtsp_port: 8700,
    livestream_user: "me",
    livestream_pass: "secret",
    location_ids: ["a", "b"],
  });
});

test("YAML numbers are taken where a text is meant", () => {
  expect(load({ "belfry.yaml": "livestream_user: 42\nlivestream_pass: 1234" }).settings.livestream_pass).toBe("1234");
});

test.each(["0123", "1.10", "1e5", "0x1F", "5_000", "+7", "54e019000105"])(
  "a text of digits stays as it is: %s",
  (text) => {
    const yaml = `mqtt_password: ${text}\nexcluded_devices: [${text}]`;
    expect(load({ "belfry.yaml": yaml }).settings).toMatchObject({ mqtt_password: text, excluded_devices: [text] });
  },
);

test("unknown keys and half a credential warn", () => {
  const { warnings } = load(
    { "belfry.yaml": "color: red\nlivestream_user: me" },
    { BELFRY_COLOUR: "x", BELFRY_INSTANCE: "y" },
  );
  expect(warnings).toEqual([
    expect.stringMatching(/^The setting color in .*belfry.yaml is unknown and has no effect$/),
    "The environment variable BELFRY_COLOUR is unknown and has no effect",
    "Streams are open to everybody: livestream_user and livestream_pass only work when both are set",
  ]);
});

test.each([
  ["rtsp_port: 99999", "The setting rtsp_port in", "must be a whole number from 1 to 65535 (it is 99999)"],
  ["rtsp_port: many", "The setting rtsp_port in", 'must be a whole number from 1 to 65535 (it is "many")'],
  ["log_level: loud", "The setting log_level in", 'must be one of debug, info, warn, error (it is "loud")'],
  ["ring_topic: 'a/#'", "The setting ring_topic in", "must be a topic without spaces, + and #"],
  [
    "mqtt_url: http://broker",
    "The setting mqtt_url in",
    "must be an address such as 192.168.1.10:1883 or mqtt://user:password@192.168.1.10:1883, or empty;",
  ],
  ["stream_url_credentials: maybe", "The setting stream_url_credentials in", "must be true or false"],
  ["location_ids: {a: 1}", "The setting location_ids in", "must be a list of texts"],
  ["[1, 2]", "The settings file", 'must hold lines such as "ring_topic: ring"'],
  ["a: [", "The settings file", "is not valid YAML"],
])("a bad file is one clear sentence: %s", (yaml, start, end) => {
  expect(() => load({ "belfry.yaml": yaml })).toThrow(
    expect.objectContaining({ message: expect.stringContaining(start) }) as Error,
  );
  expect(() => load({ "belfry.yaml": yaml })).toThrow(end);
});

test.each([
  ["livestream_pass: @hunter2", " at line 2, column 18"],
  ["mqtt_password: *hunter2", " at line 2, column 16"],
  ["ring_topic: &hunter2 [*hunter2]", " at line 2, column 23"],
  ["mqtt_password: !hunter2", " at line 2, column 16"],
  ["mqtt_password: |hunter2", " at line 2, column 17"],
  ['mqtt_password: "\\hunter2"', " at line 2, column 17"],
  ["livestream_user: me\nlivestream_user: hunter2", " at line 3, column 1"],
  ["%YAML 1.1\n---\nlivestream_pass: hunter2\n<<: 1", ""],
])("a mistake is told by its place, and nothing of the file is quoted: %j", (yaml, where) => {
  const dataDirectory = directory({ "belfry.yaml": `\n${yaml}\n` });
  const said = `The settings file ${join(dataDirectory, "belfry.yaml")} is not valid YAML${where}; correct it (a value with special characters must stand in quotes) [config.unreadable]`;
  expect(() => loadSettings({ environment: {}, dataDirectory })).toThrow(
    expect.toSatisfy((error) => codedText(error) === said) as Error,
  );
});

test("anchors, aliases and lists over several lines are YAML like any other", () => {
  const { settings } = load({
    "belfry.yaml": "livestream_user: &name me\nlivestream_pass: *name\nlocation_ids: [\n  a\n]",
  });
  expect(settings).toMatchObject({ livestream_user: "me", livestream_pass: "me", location_ids: ["a"] });
});

test.each([
  "192.168.1.10:1883",
  "broker",
  "user:password@192.168.1.10:1883",
  "tcp://broker",
  "ssl://broker:8883",
  "tls://broker",
  "mqtts://user:a pass@broker",
  "",
])("the broker may be written as %j, as people do", (url) => {
  expect(load({ "belfry.yaml": `mqtt_url: ${JSON.stringify(url)}` }).settings.mqtt_url).toBe(url);
});

test("a settings file that was named must exist", () => {
  expect(() =>
    loadSettings({ environment: {}, dataDirectory: directory(), configFile: "/nowhere/belfry.yaml" }),
  ).toThrow("The settings file /nowhere/belfry.yaml does not exist; create it or correct --config");
});

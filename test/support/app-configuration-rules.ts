// What Home Assistant's Supervisor and the linter of its community accept in an app's config.yaml and build.yaml, and the
// security rating that follows from it.

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

const isBoolean: Check = (value) => typeof value === "boolean";
const isText: Check = (value) => typeof value === "string";
const isInteger: Check = (value) => Number.isInteger(value);
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const oneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    choices.some((choice) => choice === value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const fieldsOf =
  (check: Check): Check =>
  (value) =>
    isFields(value) && Object.values(value).every(check);
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);

const folders = [
  "addon_config",
  "addons",
  "all_addon_configs",
  "backup",
  "data",
  "homeassistant_config",
  "media",
  "share",
  "ssl",
];
const isFolder: Check = (value) =>
  isFields(value) &&
  oneOf(...folders)(value["type"]) &&
  Object.entries(value).every(
    ([key, field]) => key === "type" || (key === "read_only" && isBoolean(field)) || (key === "path" && isText(field)),
  );

interface Rule {
  readonly check: Check;
  /** Writing it down is refused. */
  readonly fallback?: unknown;
}

const flag = (fallback: boolean): Rule => ({ check: isBoolean, fallback });
const port: Check = (value) => value === null || (isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535);

/** Keys that are not here are unknown, given up (`advanced`, `codenotary`, `auto_uart`), or better done otherwise (`watchdog`). */
const rules: Readonly<Record<string, Rule>> = {
  apparmor: { check: (value) => isBoolean(value) || isText(value), fallback: true },
  arch: { check: listOf(oneOf("aarch64", "amd64")) },
  audio: flag(false),
  auth_api: flag(false),
  backup: { check: oneOf("hot", "cold"), fallback: "hot" },
  backup_exclude: { check: listOf(isText) },
  boot: { check: oneOf("auto", "manual", "manual_only"), fallback: "auto" },
  breaking_versions: { check: listOf(isText) },
  description: { check: isText },
  devices: { check: listOf(matches(/^[^:]+$/)) },
  discovery: { check: listOf(isText) },
  docker_api: flag(false),
  environment: { check: isFields },
  full_access: flag(false),
  hassio_api: flag(false),
  hassio_role: { check: oneOf("admin", "backup", "default", "homeassistant", "manager"), fallback: "default" },
  homeassistant: { check: matches(/^\d+\.\d+\.\d+$/) },
  homeassistant_api: flag(false),
  host_dbus: flag(false),
  host_ipc: flag(false),
  host_network: flag(false),
  host_pid: flag(false),
  host_uts: flag(false),
  image: { check: isText },
  ingress: flag(false),
  ingress_entry: { check: isText },
  ingress_port: { check: isInteger, fallback: 8099 },
  ingress_stream: flag(false),
  init: flag(true),
  map: { check: listOf(isFolder) },
  name: { check: isText },
  options: { check: isFields, fallback: {} },
  panel_admin: flag(true),
  panel_icon: { check: matches(/^mdi:[a-z0-9-]+$/), fallback: "mdi:puzzle" },
  panel_title: { check: isText },
  ports: { check: fieldsOf(port) },
  ports_description: { check: fieldsOf(isText) },
  privileged: { check: listOf(isText) },
  schema: { check: isFields, fallback: {} },
  services: { check: listOf(matches(/^(mqtt|mysql):(provide|want|need)$/)) },
  slug: { check: matches(/^[a-z0-9_-]+$/) },
  stage: { check: oneOf("deprecated", "experimental", "stable"), fallback: "stable" },
  startup: { check: oneOf("application", "initialize", "once", "services", "system"), fallback: "application" },
  timeout: { check: isInteger, fallback: 10 },
  tmpfs: flag(false),
  ulimits: { check: isFields, fallback: {} },
  url: { check: isText },
  usb: flag(false),
  version: { check: isText },
  video: flag(false),
  webui: { check: isText },
};
const required = ["arch", "description", "name", "slug", "version"];

/** The Supervisor's words for the type of an option; a trailing `?` makes it optional. */
const optionType =
  /^(?:str(?:\(\d*,\d*\))?|bool|email|url|password|port|int(?:\(-?\d*,-?\d*\))?|float(?:\(-?[\d.]*,-?[\d.]*\))?|match\(.+\)|list\(.+\)|device(?:\(.+\))?)\??$/;

/** One sentence for each thing that would be refused. */
export function complaintsAbout(configuration: Fields): string[] {
  const { ingress, webui, schema } = configuration;
  return [
    ...required.filter((key) => !(key in configuration)).map((key) => `${key} is missing`),
    ...Object.entries(configuration).flatMap(([key, value]) => complaintsAboutKey(key, value)),
    ...(ingress && webui ? ["webui has no place beside ingress"] : []),
    ...(isFields(schema) ? Object.entries(schema).flatMap(([key, type]) => complaintsAboutOption(key, type)) : []),
  ];
}

function complaintsAboutKey(key: string, value: unknown): string[] {
  const rule = rules[key];
  if (!rule) return [`${key} is not allowed`];
  if (!rule.check(value)) return [`${key} cannot be ${JSON.stringify(value)}`];
  const isDefault = "fallback" in rule && JSON.stringify(rule.fallback) === JSON.stringify(value);
  return isDefault ? [`${key} should be left out, it has its default value`] : [];
}

function complaintsAboutOption(key: string, type: unknown): string[] {
  const word = Array.isArray(type) ? type[0] : type;
  return typeof word === "string" && optionType.test(word)
    ? []
    : [`the option ${key} has the type ${JSON.stringify(type)}`];
}

// A digest is not allowed here.
const imageName = /^([a-zA-Z\-.:\d{}]+\/)*?([-\w{}]+\/)?([-\w{}]+)(:[.\-\w{}]+)?$/;

export function complaintsAboutBuild(build: Fields): string[] {
  const { build_from: from, ...others } = build;
  const isAllowed =
    isFields(from) &&
    Object.entries(from).every(([arch, name]) => oneOf("aarch64", "amd64")(arch) && matches(imageName)(name));
  return [
    ...(isAllowed ? [] : ["build_from must name an image for each of aarch64 and amd64"]),
    ...Object.keys(others)
      .filter((key) => !["args", "labels"].includes(key))
      .map((key) => `${key} is not allowed`),
  ];
}

const dangerous = [
  "BPF",
  "DAC_READ_SEARCH",
  "NET_ADMIN",
  "NET_RAW",
  "PERFMON",
  "SYS_ADMIN",
  "SYS_MODULE",
  "SYS_PTRACE",
  "SYS_RAWIO",
];

/** As the Supervisor computes it: 1 to 8. */
export function securityRating(configuration: Fields, hasOwnProfile: boolean): number {
  const {
    ingress,
    auth_api,
    apparmor,
    privileged = [],
    host_network,
    host_pid,
    full_access,
    docker_api,
    hassio_role,
  } = configuration;
  if (full_access || docker_api) return 1;
  const isDangerous = Array.isArray(privileged) && privileged.some((name) => dangerous.includes(String(name)));
  const points = [
    ingress ? 2 : auth_api ? 1 : 0,
    apparmor === false ? -1 : hasOwnProfile ? 1 : 0,
    isDangerous ? -1 : 0,
    hassio_role === "manager" ? -1 : hassio_role === "admin" ? -2 : 0,
    host_network ? -1 : 0,
    host_pid ? -2 : 0,
  ];
  return Math.max(
    1,
    Math.min(
      8,
      points.reduce((sum, one) => sum + one, 5),
    ),
  );
}

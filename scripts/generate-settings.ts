// Writes what follows from src/config/schema.ts: the options in config.yaml, translations/en.yaml, the table in DOCS.md.
// `--check` writes nothing and exits with 1 where a file is not what it should be.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseDocument, stringify } from "yaml";
import { type OptionRow, optionRows } from "../src/config/schema.ts";

const rows: readonly OptionRow[] = optionRows;
const appRows = rows.filter(({ isNotForApp }) => !isNotForApp);
const begin = "<!-- settings: begin -->";
const end = "<!-- settings: end -->";

/** The Supervisor's word for a type, so that its form refuses what Belfry would; all options may be left out. */
function supervisorType(row: OptionRow): string | string[] {
  if (row.type === "list") return ["str?"];
  // Left out is 0 where 0 has a meaning of its own.
  if (row.type === "integer") return `int(${row.min},${row.max})?`;
  if (row.type === "choice") return `list(${row.choices.join("|")})?`;
  if (row.type === "text" && row.pattern) return `match(${row.pattern.source})?`;
  return { text: "str?", password: "password?", boolean: "bool?" }[row.type];
}

function appConfiguration(present: string): string {
  const document = parseDocument(present);
  document.set("schema", Object.fromEntries(appRows.map((row) => [row.key, supervisorType(row)])));
  return document.toString({ lineWidth: 120 });
}

function translations(): string {
  const configuration = Object.fromEntries(
    appRows.map(({ key, title, text }) => [key, { name: title, description: text }]),
  );
  const network = {
    "8554/tcp": "RTSP, for players outside Home Assistant",
    "8322/tcp": "RTSP over TLS, where rtsps is switched on",
    "8888/tcp": "Low-latency HLS, where ll_hls is switched on",
    "8889/tcp": "WebRTC by WHEP, where whep is switched on",
    "8189/udp": "Media of WebRTC, where whep is switched on",
  };
  return stringify({ configuration, network }, { lineWidth: 120 });
}

/** Starred: see below the table. */
function shownKey({ key, isNotForApp }: OptionRow): string {
  return `\`${key}\`${isNotForApp ? " *" : ""}`;
}

function shownDefault({ default: value }: OptionRow): string {
  return value === "" || typeof value === "object" ? "empty" : `\`${String(value)}\``;
}

/** What it may be, where a word is enough to say so. */
function shownValues(row: OptionRow): string {
  if (row.type === "integer") return `${row.min} to ${row.max}`;
  if (row.type === "choice") return row.choices.map((choice) => `\`${choice}\``).join(", ");
  return { boolean: "`true`, `false`", list: "a list", text: "text", password: "text" }[row.type];
}

function documentation(present: string): string {
  const [before = "", rest = ""] = present.split(begin);
  const after = rest.split(end)[1] ?? "";
  const lines = rows.map((row) => `| ${shownKey(row)} | ${shownDefault(row)} | ${shownValues(row)} | ${row.text} |`);
  const table = ["| setting | default | values | what it does |", "|---|---|---|---|", ...lines].join("\n");
  const note = "\\* Not an option of the app: Home Assistant decides about its network, and opens its ports.";
  return `${before}${begin}\n${table}\n\n${note}\n${end}${after}`;
}

const files: Readonly<Record<string, (present: string) => string>> = {
  "config.yaml": appConfiguration,
  "translations/en.yaml": translations,
  "DOCS.md": documentation,
};

const isCheck = process.argv.includes("--check");
for (const [name, make] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const present = name.startsWith("translations") && !isCheck ? "" : readFileSync(path, "utf8");
  const wanted = make(present);
  if (wanted === present) continue;
  if (!isCheck) writeFileSync(path, wanted);
  else {
    process.stderr.write(`${name} does not follow from src/config/schema.ts: run node scripts/generate-settings.ts\n`);
    process.exitCode = 1;
  }
}

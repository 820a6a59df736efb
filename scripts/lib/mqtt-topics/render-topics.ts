// docs/mqtt-topics.md, made from the entity tables themselves.
import type { BridgeView } from "../../../src/bridge/bridge-view.ts";
import { quietView } from "../../../src/bridge/camera-view.fixtures.ts";
import type { CameraView } from "../../../src/bridge/camera-view.ts";
import { bridgeRows } from "../../../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../../../src/bridge/entities/camera-rows.ts";
import type { Attributes, EntityRow } from "../../../src/bridge/entities/entity-row.ts";
import { readCameraState } from "../../../src/ring/camera-state-reader.ts";
import { settingNames } from "../../../src/ring/settings/setting-table.ts";
import { readDeviceList } from "../../../src/ring/wire/device-list.ts";
import { capturedShapes } from "../../../test/fixtures/captured-shapes.ts";
import { modelRecords } from "../../../test/fixtures/model-records.ts";
import { bridgeNotes, cameraNotes } from "./entity-notes.ts";

const views: readonly CameraView[] = [...modelRecords, ...capturedShapes].flatMap(({ list, record, page }) => {
  const lists: unknown = JSON.parse(JSON.stringify({ doorbots: [], [list]: [record] }));
  return (readDeviceList(lists)?.cameras ?? []).map((camera) => quietView(readCameraState(camera, page)));
});

const bridgeView: BridgeView = {
  version: "1",
  signIn: { state: "signed-in" },
  cameraCount: 1,
  push: { isHealthy: true, reason: undefined, lastPushAt: undefined },
  lastContactAt: undefined,
  problem: undefined,
};

/** What a camera must have, where that can be said in a word. */
const properties: readonly (readonly [string, (view: CameraView) => boolean])[] = [
  ["all", () => true],
  ["doorbells", ({ camera }) => camera.isDoorbell],
  ["with light", ({ camera }) => camera.light !== undefined],
  ["with siren", ({ camera }) => camera.siren !== undefined],
  ["with battery", ({ camera }) => camera.batteryBays.length > 0],
  ["with two batteries", ({ camera }) => camera.batteryBays.length > 1],
  ["on Wi-Fi", ({ camera }) => !camera.isWiredNetwork],
  ["with a Ring plan", ({ camera }) => camera.hasRecordings],
];

function whereOf(row: EntityRow<CameraView, never>): string {
  const fits = properties.find(([, has]) => views.every((view) => row.exists(view) === has(view)));
  return fits?.[0] ?? "where Ring shows it";
}

const mostOptions = 10;

function listOf(values: unknown): string {
  const names = Array.isArray(values) ? values.map((value) => `\`${value}\``) : [];
  if (names.length <= mostOptions) return names.join(", ");
  return `${names.slice(0, mostOptions).join(", ")} and ${names.length - mostOptions} more`;
}

function payloadOf(
  { platform, attributesFromState, showsAvailability }: EntityRow<never, never>,
  options: Attributes,
): string {
  if (attributesFromState) return "JSON";
  if (showsAvailability) return "`online`, `offline`";
  switch (platform) {
    case "binary_sensor":
    case "light":
    case "siren":
    case "switch":
      return "`ON`, `OFF`";
    case "number":
      return `${options["min"]} to ${options["max"]} ${options["unit_of_measurement"] ?? ""}`.trim();
    case "select":
      return listOf(options["options"]);
    case "button":
      return "`PRESS`";
    case "event":
      return `JSON, \`event_type\` one of ${listOf(options["event_types"])}`;
    case "camera":
    case "image":
      return "JPEG";
    default:
      if (options["device_class"] === "enum") return listOf(options["options"]);
      if (options["device_class"] === "timestamp") return "time with zone";
      return String(options["unit_of_measurement"] ?? "text");
  }
}

function topicsOf({ topics, readsFrom, showsAvailability }: EntityRow<never, never>): readonly string[] {
  if (showsAvailability) return ["status", "status/attributes"];
  return readsFrom === undefined ? topics : [`${readsFrom}/state`, ...topics];
}

function table<View, Actions>(
  rows: readonly EntityRow<View, Actions>[],
  view: (row: EntityRow<View, Actions>) => View,
  where: ((row: EntityRow<View, Actions>) => string) | undefined,
  notes: Readonly<Record<string, string>>,
): string {
  const lines = rows.map((row) => {
    const options = typeof row.options === "function" ? row.options(view(row)) : row.options;
    const note = notes[row.key];
    if (note === undefined) throw new Error(`scripts/lib/mqtt-topics/entity-notes.ts has no sentence for ${row.key}`);
    const hidden = options["enabled_by_default"] === false ? " (disabled at first)" : "";
    const cells = [`\`${row.key}\``, row.platform, ...(where ? [where(row)] : []), topicsOf(row).join(", ")];
    return `| ${[...cells, payloadOf(row, options), `${note}${hidden}`].join(" | ")} |`;
  });
  const heads = ["key", "platform", ...(where ? ["cameras"] : []), "topics", "payload", "what it is"];
  return [`| ${heads.join(" | ")} |`, `|${"---|".repeat(heads.length)}`, ...lines].join("\n");
}

/** A doorbell where there can be one: it has more options. */
function exampleFor(row: EntityRow<CameraView, never>): CameraView {
  const fallback = views[0];
  const found = views.find((view) => view.camera.isDoorbell && row.exists(view)) ?? views.find(row.exists) ?? fallback;
  if (!found) throw new Error("there is no camera to show");
  return found;
}

/** The whole page. */
export function renderTopics(): string {
  const cameras: readonly EntityRow<CameraView, never>[] = cameraRows;
  const bridges: readonly EntityRow<BridgeView, never>[] = bridgeRows;
  return `<!-- Made by scripts/generate-mqtt-topics.ts from the entity tables; do not edit. -->
# MQTT topics

Topics, keys and unique ids are public: automations may build on them. \`ring\` is the setting \`ring_topic\`, \`homeassistant\` the setting
\`discovery_prefix\`.

| topic | retained | payload |
|---|---|---|
| \`ring/bridge/status\` | yes | \`online\`; \`offline\` at the end, by the broker where Belfry died |
| \`ring/<location>/camera/<device>/status\` | yes | \`online\` or \`offline\`: availability of that camera |
| \`ring/<location>/camera/<device>/status/attributes\` | yes | JSON \`{"reason": text or null}\` |
| \`ring/<location>/camera/<device>/<key>/state\` | yes, but of events | state of an entity |
| \`ring/<location>/camera/<device>/<key>/attributes\` | yes | JSON object; after a command that failed with \`last_error\` |
| \`ring/<location>/camera/<device>/<key>/image\` | yes | JPEG |
| \`ring/<location>/camera/<device>/<key>/command\` | never | a command; retained and empty ones are ignored |
| \`ring/bridge/bridge/belfry_bridge/<key>/...\` | as above | the bridge itself |
| \`homeassistant/device/<device>/config\` | yes | discovery message of a device with all its entities |
| \`ring/bridge/bridge/belfry/echo/command\`, \`homeassistant/device/belfry/echo\` | never | Belfry to itself after each connect: does the broker's access list let it read and write? |

Unique ids are \`<device>_<key>\`. Commands of one entity are carried out one at a time; of those that come within a moment only the
last one counts. A command that fails leaves the old state, which is published again, and says why in \`last_error\` and in the log;
of several at once that make no sense only the last one is named. Buttons obey \`PRESS\` alone.
With \`DEBUG=belfry:home-assistant/discovery\`, or at log level debug, each discovery message is judged by Home Assistant's rules when it is sent.

## Cameras and doorbells

An entity is there when the camera's own data show the thing; ${settingNames.length} settings of Ring are known.
A value that is not known, or that Ring shows outside of the limits of a number, is \`None\`.

${table(cameras, exampleFor, whereOf, cameraNotes)}

## The bridge

${table(bridges, () => bridgeView, undefined, bridgeNotes)}
`;
}

// Every discovery message, unique id and topic is public API: pinned for every model, and for the shapes that others have seen.
import { expect, test } from "vitest";
import type { BridgeView } from "../src/bridge/bridge-view.ts";
import { quietView } from "../src/bridge/camera-view.fixtures.ts";
import type { CameraActions, CameraView } from "../src/bridge/camera-view.ts";
import { describeCamera } from "../src/bridge/describe-camera.ts";
import { describeEntity } from "../src/bridge/describe-entity.ts";
import { bridgeRows } from "../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../src/bridge/entities/camera-rows.ts";
import type { Attributes, EntityRow } from "../src/bridge/entities/entity-row.ts";
import { buildDiscovery, type JsonObject } from "../src/home-assistant/discovery-payload.ts";
import { validateDiscovery } from "../src/home-assistant/discovery-validator.ts";
import type { DeviceDescription } from "../src/home-assistant/entity-description.ts";
import { deviceSlug } from "../src/home-assistant/slug.ts";
import { Topics } from "../src/home-assistant/topics.ts";
import { readCameraState } from "../src/ring/camera-state-reader.ts";
import { readDeviceList } from "../src/ring/wire/device-list.ts";
import { capturedShapes } from "./fixtures/captured-shapes.ts";
import { type ModelRecord, modelRecords } from "./fixtures/model-records.ts";

type CameraRow = EntityRow<CameraView, CameraActions>;

const topics = new Topics();
const everyRecord = [...modelRecords, ...capturedShapes];
const nameOf = ({ model, record }: ModelRecord): string => `${model} (${String(record["kind"])})`;

function viewOf({ list, record, page }: ModelRecord): CameraView {
  // As it comes: through JSON.
  const lists: unknown = JSON.parse(JSON.stringify({ doorbots: [], [list]: [record] }));
  const camera = readDeviceList(lists)?.cameras[0];
  if (!camera) throw new Error("the record was not taken for a camera");
  return quietView(readCameraState(camera, page));
}

function discovery<View, Actions>(
  device: DeviceDescription,
  rows: readonly EntityRow<View, Actions>[],
  view: View,
): { topic: string; payload: JsonObject } {
  const entities = rows.filter((row) => row.exists(view)).map((row) => describeEntity(row, view));
  const slug = deviceSlug(device.name, device.id, () => false);
  const origin = { name: "Belfry", softwareVersion: "1.0.0" };
  return { topic: topics.discovery(device.id), payload: buildDiscovery({ device, entities, topics, origin, slug }) };
}

const discoveryOf = (model: ModelRecord): ReturnType<typeof discovery> => {
  const view = viewOf(model);
  return discovery(describeCamera(view.camera, "belfry_bridge"), cameraRows, view);
};

test.each(everyRecord.map((model) => [nameOf(model), model] as const))("%s", async (name, model) => {
  const { topic, payload } = discoveryOf(model);
  expect(validateDiscovery(topic, JSON.stringify(payload))).toEqual([]);
  const file = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const text = `${topic}\n${JSON.stringify(payload, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`snapshots/discovery/${file}.txt`);
});

test.each(everyRecord.map((model) => [nameOf(model), model] as const))(
  "every state of %s is one that Home Assistant takes",
  (_name, model) => {
    const view = viewOf(model);
    for (const row of cameraRows.filter((candidate) => candidate.exists(view))) {
      const options = typeof row.options === "function" ? row.options(view) : row.options;
      const state = shownState(row, options, view);
      if (state === undefined) continue;
      const where = `${row.key} ${state}`;
      expect(where.length, where).toBeLessThan(300);
      // Home Assistant ignores an empty number and complains of an empty time; "None" is what makes it forget.
      if (row.platform === "sensor" && options["unit_of_measurement"] !== undefined)
        expect(where).toMatch(/ (-?\d|None$)/);
      if (options["device_class"] === "timestamp") expect(where).toMatch(/ (\d{4}-\d\d-\d\dT.*Z|None)$/);
      if (row.platform === "switch" || row.platform === "binary_sensor") expect(["ON", "OFF"], where).toContain(state);
      if (row.platform === "select" || options["device_class"] === "enum")
        expect(options["options"], where).toContain(state);
      if (row.platform !== "number") continue;
      expect(Number(state), where).toBeGreaterThanOrEqual(Number(options["min"]));
      expect(Number(state), where).toBeLessThanOrEqual(Number(options["max"]));
    }
  },
);

/** What Home Assistant makes of the state: through the template, where there is one. */
function shownState(row: CameraRow, options: Attributes, view: CameraView): string | undefined {
  const told = cameraRows.find(({ key }) => key === (row.readsFrom ?? row.key))?.state?.(view);
  const template = options["value_template"];
  return told === undefined || template === undefined ? told : render(String(template), told);
}

/** As much of Home Assistant's templates as ours use: one value of the JSON, or something else where it is missing. */
function render(template: string, json: string): string {
  const [, key = "", other = ""] =
    /^\{\{ value_json\["(\w+)"\] \| default\("(\w*)"\) \}\}$/.exec(template) ?? expect.fail(template);
  const values: Readonly<Record<string, unknown>> = JSON.parse(json);
  if (!Object.hasOwn(values, key)) return other;
  return String(values[key] ?? "None");
}

test("the bridge", async () => {
  const view: BridgeView = {
    version: "1.0.0",
    signIn: { state: "signed-in" },
    cameraCount: 3,
    push: { isHealthy: true, reason: undefined, lastPushAt: undefined },
    lastContactAt: undefined,
    problem: undefined,
  };
  const device: DeviceDescription = {
    id: "belfry_bridge",
    locationId: "bridge",
    category: "bridge",
    name: "Belfry",
    manufacturer: "Belfry",
    model: "Bridge for Ring cameras",
  };
  const { topic, payload } = discovery(device, bridgeRows, view);
  expect(validateDiscovery(topic, JSON.stringify(payload))).toEqual([]);
  await expect(`${topic}\n${JSON.stringify(payload, null, 2)}\n`).toMatchFileSnapshot("snapshots/discovery/bridge.txt");
});

test("features come from the record, never from the kind", () => {
  for (const model of modelRecords) {
    const renamed = { ...model, record: { ...model.record, kind: "nobody_knows_this" } };
    const keys = (of: ModelRecord): string[] => Object.keys(discoveryOf(of).payload["components"] ?? {});
    expect(keys(renamed), model.model).toEqual(keys(model));
  }
});

test("what a page lists of things that a camera does not have is no entity", () => {
  const turning = capturedShapes.find(({ model }) => model === "camera that turns");
  const keys = Object.keys((turning && discoveryOf(turning).payload["components"]) ?? {});
  expect(keys).toEqual(expect.arrayContaining(["siren", "mic_volume", "voice_volume", "color_night_vision", "hdr"]));
  for (const key of ["light", "light_brightness", "chime", "chime_type", "doorbell_volume", "battery", "ding"])
    expect(keys).not.toContain(key);
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bridgeNotes, cameraNotes } from "../scripts/lib/mqtt-topics/entity-notes.ts";
import { renderTopics } from "../scripts/lib/mqtt-topics/render-topics.ts";
import { bridgeRows } from "../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../src/bridge/entities/camera-rows.ts";
import { repositoryRoot } from "./support/source-files.ts";

test("docs/mqtt-topics.md is what the entity tables say", () => {
  const written = readFileSync(join(repositoryRoot, "docs/mqtt-topics.md"), "utf8");
  expect(written, "run node scripts/generate-mqtt-topics.ts").toBe(renderTopics());
});

test("every entity has its sentence, and no sentence is left over", () => {
  expect(Object.keys(cameraNotes).toSorted()).toEqual(cameraRows.map(({ key }) => key).toSorted());
  expect(Object.keys(bridgeNotes).toSorted()).toEqual(bridgeRows.map(({ key }) => key).toSorted());
});

// Which attributes each entity has in Home Assistant, read from the tables that make them. Entities are named as those of a
// doorbell called Front Door, and of Belfry itself.
import type { BridgeView } from "../../src/bridge/bridge-view.ts";
import { eventMessage } from "../../src/bridge/camera-events-message.ts";
import { busyView, pressedEvent } from "../../src/bridge/camera-view.fixtures.ts";
import { bridgeRows } from "../../src/bridge/entities/bridge-rows.ts";
import { cameraRows } from "../../src/bridge/entities/camera-rows.ts";
import type { EntityRow } from "../../src/bridge/entities/entity-row.ts";

const bridgeView: BridgeView = {
  version: "1.0.0",
  signIn: { state: "refused", reason: "Ring does not accept the token" },
  cameraCount: 1,
  push: { isHealthy: false, reason: "no connection", lastPushAt: 0 },
  lastContactAt: 0,
  problem: undefined,
};

const keysOfJson = (text: string | undefined): string[] => Object.keys(JSON.parse(text ?? "{}"));

function attributesOf<View, Actions>(row: EntityRow<View, Actions>, view: View): readonly string[] {
  if (row.platform === "event") return keysOfJson(eventMessage(pressedEvent).payload);
  if (row.attributesFromState) return keysOfJson(row.state?.(view));
  // Of a command that failed.
  const ofCommands = row.topics.includes("command") && row.topics.includes("attributes") ? ["last_error"] : [];
  return [...Object.keys(row.attributes?.(view) ?? {}), ...ofCommands];
}

const named = <View, Actions>(
  slug: string,
  rows: readonly EntityRow<View, Actions>[],
  view: View,
): [string, readonly string[]][] => rows.map((row) => [`${row.platform}.${slug}_${row.key}`, attributesOf(row, view)]);

export const attributesByEntity: ReadonlyMap<string, readonly string[]> = new Map([
  ...named("front_door", cameraRows, busyView()),
  ...named("belfry", bridgeRows, bridgeView),
]);

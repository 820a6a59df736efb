import { afterAll, beforeAll, expect, test as plainTest } from "vitest";
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import type { RawDevice } from "../../simulator/contracts.ts";
import { snapshotModes } from "../../src/bridge/snapshot-mode-policy.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { CameraHome } from "./camera-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
let home: CameraHome;

const modes: readonly string[] = snapshotModes;
const slugOfMode = (mode: string): string => `door-${modes.indexOf(mode)}`;

/** A wired doorbell for each mode. */
const doorbells = snapshotModes.map((_mode, at): ["doorbots", RawDevice] => [
  "doorbots",
  recordLike("garden-gate", {
    id: 900_100 + at,
    device_id: `5ce0000000${10 + at}`,
    description: `Door ${at}`,
    subscribed: false,
    subscribed_motions: false,
  }),
]);

beforeAll(async () => {
  if (!hasMosquitto) return;
  const account = buildAccount({ devices: [], added: doorbells });
  home = await CameraHome.start({
    accounts: [account],
    settings: { snapshot_mode: "Disabled", snapshot_interval: 10 },
  });
});

afterAll(async () => {
  expect(home?.cloud.journal.violations ?? []).toEqual([]);
  await home?.[Symbol.asyncDispose]();
});

/** What the pictures of a camera were of, from message number `from` on. */
const typesOf = (mode: string, from: number): string[] => {
  const topic = home.topic(slugOfMode(mode), "snapshot", "attributes");
  const messages = home.home.observer.messages.slice(from).filter((message) => message.topic === topic);
  const types = messages.map(({ text }) => JSON.parse(text).type);
  return [...new Set(types.filter((type) => typeof type === "string"))].sort();
};

test.concurrent.each<[string, string[]]>([
  ["All", ["ding", "interval", "motion"]],
  ["Auto", ["ding", "interval", "motion"]],
  ["Disabled", []],
  ["Ding", ["ding"]],
  ["Interval", ["interval"]],
  ["Interval + Ding", ["ding", "interval"]],
  ["Interval + Motion", ["interval", "motion"]],
  ["Motion", ["motion"]],
  ["Motion + Ding", ["ding", "motion"]],
])("mode %s takes pictures of: %j", async (mode, wanted) => {
  const slug = slugOfMode(mode);
  await home.command(slug, "motion_duration", "15");
  await home.command(slug, "snapshot_mode", mode);
  await home.waitFor(slug, "snapshot_mode", "state", { payload: mode });
  const [from, after] = [home.position, home.sequence];
  for (const kind of ["motion", "ding"] as const) {
    const before = home.position;
    if (kind === "ding") await home.cloud.pressDoorbell(slug);
    else await home.cloud.causeMotion(slug);
    await home.waitFor(slug, kind, "state", { from: before, payload: "ON" });
    if (wanted.includes(kind))
      await home.waitForAttributes(slug, "snapshot", ({ type }) => type === kind, { from: before });
  }
  if (wanted.includes("interval"))
    await home.waitForAttributes(slug, "snapshot", ({ type }) => type === "interval", { from, timeoutMs: 25_000 });
  else await home.waitFor(slug, "motion", "state", { from, payload: "OFF", timeoutMs: 40_000 });
  expect(typesOf(mode, from)).toEqual(wanted);
  if (mode === "Disabled") expect(home.pictureRequests(slug, after)).toEqual([]);
});

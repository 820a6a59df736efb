// Belfry on the broker among others: what comes, goes, moves and stays silent, seen from outside with a real Mosquitto.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { SimulatedHome, type StartOptions } from "../support/simulated-home.ts";

const discovery = (deviceId: string, prefix = "homeassistant"): string => `${prefix}/device/${deviceId}/config`;
const homeWith = (...devices: string[]): Promise<SimulatedHome> =>
  SimulatedHome.start({ accounts: [buildAccount({ devices })] });
const bridge = "ring/bridge/bridge/belfry_bridge";
/** A start takes its time on a busy machine. */
const timeoutMs = 30_000;
/** Has a Belfry that starts look at Ring's device list again at once; by itself it does so every 20 s. */
async function look(home: SimulatedHome, from: number): Promise<void> {
  await home.observer.waitFor("the sign-in", `${bridge}/sign_in/state`, { payload: "signed-in", from, timeoutMs });
  await home.observer.publish(`${bridge}/rediscover/command`, "PRESS");
}
/** Lists are settings of files only. */
const exclude = (home: SimulatedHome, ...ids: string[]): Promise<void> =>
  writeFile(join(home.dataDirectory, "belfry.yaml"), `excluded_devices: ${JSON.stringify(ids)}\n`);

/** Runs it until everything of every camera is on the broker. */
async function started(home: SimulatedHome, options: StartOptions = {}): Promise<BelfryProcess> {
  const from = home.observer.position;
  const belfry = await home.startBelfry(options);
  await home.allAvailable({ from, timeoutMs });
  for (const { record } of home.cameras)
    await home.observer.waitFor("discovery", discovery(record.device_id), { payload: /"motion"/, from, timeoutMs });
  return belfry;
}

/** What a client that comes new finds below these topics. */
function kept(home: SimulatedHome, ...topics: string[]): string[] {
  return home.observer
    .latestOf(({ topic }) => topics.some((start) => topic.startsWith(start)))
    .filter(({ payload }) => payload.length > 0)
    .map(({ topic }) => topic);
}

test("an excluded camera disappears, and comes back when it is no longer excluded", async () => {
  await using home = await homeWith("front-door", "driveway");
  const camera = home.camera("driveway");
  const id = camera.record.device_id;
  const first = await started(home);
  await home.observer.waitFor("the picture", home.topic(camera, "snapshot", "image"));
  await first.stop();

  let from = home.observer.position;
  await exclude(home, id);
  const second = await home.startBelfry();
  await look(home, from);
  await home.observer.waitFor("the end of its discovery", discovery(id), { payload: "", from, timeoutMs });
  const status = `${home.deviceTopic(camera)}/status`;
  await home.observer.waitFor("the end of its availability", status, { payload: "", from, timeoutMs });
  await home.observer.waitFor("the end of its picture", home.topic(camera, "snapshot", "image"), {
    payload: "",
    from,
    timeoutMs,
  });
  // Its topics are cleared one after the other.
  await expect
    .poll(() => kept(home, discovery(id), `${home.deviceTopic(camera)}/`), { timeout: timeoutMs })
    .toEqual([]);
  expect(kept(home, discovery(home.camera("front-door").record.device_id))).toHaveLength(1);
  await second.stop();

  from = home.observer.position;
  await exclude(home);
  await home.startBelfry();
  await home.observer.waitFor("its discovery", discovery(id), { payload: /"motion"/, from, timeoutMs });
});

test("all cameras excluded: all of them disappear, without anybody asking", async () => {
  await using home = await homeWith("driveway");
  const id = home.camera("driveway").record.device_id;
  const first = await started(home);
  await first.stop();
  const from = home.observer.position;
  await exclude(home, id);
  await home.startBelfry();
  await home.observer.waitFor("the end of its discovery", discovery(id), { payload: "", from, timeoutMs });
});

test("cameras come and go at Ring while Belfry runs, and between its runs", async () => {
  await using home = await homeWith("front-door", "driveway");
  const belfry = await started(home);
  const { cloud, observer } = home;
  const porch = recordLike("driveway", { id: 48_151_777, device_id: "54e019aa0777", description: "New Porch" });
  cloud.operations.addDevice(undefined, "stickup_cams", porch);
  await look(home, 0);
  await observer.waitFor("the new camera", discovery(porch.device_id), { payload: /"New Porch"/, timeoutMs });
  const added = home.camera("new-porch");
  await observer.waitFor("its availability", `${home.deviceTopic(added)}/status`, { payload: "online" });

  const driveway = home.camera("driveway").record.device_id;
  const from = observer.position;
  cloud.operations.removeDevice("driveway");
  await look(home, 0);
  await observer.waitFor("the end of the old camera", discovery(driveway), { payload: "", from, timeoutMs });
  await belfry.stop();

  cloud.operations.removeDevice("new-porch");
  const later = observer.position;
  await home.startBelfry();
  await look(home, later);
  await observer.waitFor("the end of the new one", discovery(porch.device_id), { payload: "", from: later, timeoutMs });
});

test("a list that is short once, at the start, costs no camera its place", async () => {
  await using home = await homeWith("front-door", "driveway");
  const first = await started(home);
  await first.stop();
  const short = home.cameras.filter(({ slug }) => slug === "front-door").map((camera) => camera.view(Date.now()));
  const body = {
    doorbots: short,
    authorized_doorbots: [],
    stickup_cams: [],
    chimes: [],
    base_stations: [],
    beams_bridges: [],
    other: [],
  };
  home.cloud.operations.failNextRequests({ path: "/clients_api/ring_devices$", times: 1, status: 200, body });
  const from = home.observer.position;
  await home.startBelfry();
  await look(home, from);
  const id = home.camera("driveway").record.device_id;
  await home.observer.waitFor("the camera", discovery(id), { payload: /"Driveway"/, from, timeoutMs });
  await home.observer.waitFor("its light", home.topic(home.camera("driveway"), "light", "state"), { from, timeoutMs });
  const ended = home.observer.messages.slice(from).filter(({ topic, text }) => topic === discovery(id) && text === "");
  expect(ended).toEqual([]);
});

test("prefix, birth topic and base topic are settings; what was under the old ones is removed", async () => {
  await using home = await homeWith("driveway");
  const camera = home.camera("driveway");
  const { device_id: id, location_id: location } = camera.record;
  const first = await started(home);
  await home.observer.waitFor("the picture", home.topic(camera, "snapshot", "image"));
  await first.stop();

  const from = home.observer.position;
  const settings = { discovery_prefix: "assistant/found", birth_topic: "assistant/birth", ring_topic: "bells/here" };
  await home.startBelfry({ settings });
  const moved = await home.observer.waitFor("discovery", discovery(id, "assistant/found"), { from, timeoutMs });
  expect(moved.text).toContain(`bells/here/${location}/camera/${id}/light/command`);
  expect(moved.text).not.toMatch(/"ring\//);
  await home.observer.waitFor("the bridge", "bells/here/bridge/status", { payload: "online", from, timeoutMs });
  await home.observer.waitFor("the end of the old discovery", discovery(id), { payload: "", from, timeoutMs });
  await home.observer.waitFor("the end of the old picture", home.topic(camera, "snapshot", "image"), {
    payload: "",
    from,
    timeoutMs,
  });
  const command = `bells/here/${location}/camera/${id}/light/command`;
  await home.observer.publish(command, "ON");
  await home.cloud.journal.waitFor("the light", ({ kind }) => kind === "light.switched");

  const born = home.observer.position;
  await home.observer.publish("assistant/birth", "online");
  await home.observer.waitFor("the replay", discovery(id, "assistant/found"), { from: born });
  const replayed = home.observer.messages.slice(born).filter(({ topic }) => topic === discovery(id, "assistant/found"));
  expect(replayed).toHaveLength(1);
});

test("polls that bring nothing new send nothing, and a birth what is known, once", async () => {
  await using home = await homeWith("driveway");
  await started(home, { settings: { snapshot_mode: "Disabled" } });
  const { cloud, observer } = home;
  // Two device lists after everything of the start is over.
  const list = async (after: number): Promise<number> => {
    const isList = ({ details }: { details: Record<string, unknown> }): boolean =>
      details["path"] === "/clients_api/ring_devices";
    return (await cloud.journal.waitFor("a device list", isList, { after, timeoutMs: 30_000 })).sequence;
  };
  const latest = (): number => cloud.journal.entries().at(-1)?.sequence ?? 0;
  await list(latest());
  const from = observer.position;
  await list(latest());
  const rest = observer.messages.slice(from).map(({ topic, text }) => `${topic} ${text.slice(0, 80)}`);
  expect(rest).toEqual([]);

  const kept = new Map(observer.latestOf(/^(?:ring|homeassistant\/device)\//).map(({ topic, text }) => [topic, text]));
  const born = observer.position;
  await observer.publish("homeassistant/status", "online");
  await observer.waitFor("the answer", home.topic(home.camera("driveway"), "info", "state"), { from: born });
  await list(latest());
  const answer = observer.messages.slice(born).filter(({ topic }) => topic !== "homeassistant/status");
  const isState = (topic: string): boolean => !/image$|\/echo/.test(topic);
  expect(answer.map(({ topic }) => topic).sort()).toEqual([...kept.keys()].filter(isState).sort());
  expect(answer.filter(({ topic, text }) => kept.get(topic) !== text)).toEqual([]);
}, 120_000);

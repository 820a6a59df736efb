// Moving over from ring-mqtt in a real Home Assistant that still runs with its entities: they stay, with what their owner made of them.
import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "../../../simulator/account-builders.ts";
import { HomeAssistantClient, type RegistryEntry } from "../../support/home-assistant-client.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { ringMqttDiscovery } from "../../support/ring-mqtt-discovery.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { until } from "../../support/until.ts";

const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token, HOME_ASSISTANT_LOG: log } = process.env;

test.runIf(url && token && log)("the entities of ring-mqtt become ours and keep their names", async () => {
  using assistant = await HomeAssistantClient.connect(url ?? "", token ?? "");
  await using broker = await Mosquitto.start();
  // One of its own: Home Assistant remembers what it knew of a camera, also for the next test.
  const place = { id: 48_151_888, device_id: "54e019aa0888", description: "Old Door" };
  const record = recordLike("front-door", { ...place, led_status: "off", siren_status: { seconds_remaining: 0 } });
  const account = buildAccount({ devices: [], added: [["doorbots", record]] });
  await using home = await SimulatedHome.start({ accounts: [account], broker });
  const logStart = statSync(log ?? "").size;
  await assistant.useBroker(broker.url);
  // ring-mqtt keeps nothing on the broker: it announces when Home Assistant says that it listens.
  const birth = { payload: "online", timeoutMs: 30_000 };
  await home.observer.waitFor("the birth message", "homeassistant/status", birth);
  const camera = home.camera("old-door");
  const { device_id: id } = camera.record;
  const old = ringMqttDiscovery(camera);
  const ids = new Set(old.map(({ config }) => config["unique_id"]));
  for (const { topic, config } of old) await home.observer.publish(topic, JSON.stringify(config));
  const known = async (): Promise<RegistryEntry[]> =>
    (await assistant.entities()).filter((entry) => entry.platform === "mqtt" && ids.has(entry.unique_id));
  await until("ring-mqtt's entities", async () => (await known()).length === old.length || undefined);
  const entryOf = async (key: string): Promise<RegistryEntry | undefined> =>
    (await known()).find(({ unique_id }) => unique_id === `${id}_${key}`);
  const renamed = "binary_sensor.somebody_is_at_the_door";
  const before = await entryOf("ding");
  await assistant.ask({
    type: "config/entity_registry/update",
    entity_id: before?.entity_id,
    new_entity_id: renamed,
    name: "Somebody",
  });

  await home.startBelfry();
  await home.allAvailable();
  await assistant.waitFor("our doorbell", renamed, (state) => state?.state === "off");
  await home.cloud.pressDoorbell("old-door");
  await assistant.waitFor("the press", renamed, (state) => state?.state === "on");
  const names = await assistant.devices();
  expect(names.filter(({ identifiers }) => identifiers.some(([, one]) => one === id))).toHaveLength(1);
  const siren = (entry: RegistryEntry): boolean => entry.unique_id === `${id}_siren`;
  await until("the siren being no switch", async () => {
    const sirens = (await known()).filter(siren).map(({ entity_id }) => entity_id.split(".")[0]);
    return (sirens.length === 1 && sirens[0] === "siren") || undefined;
  });
  for (const { config } of old) {
    const key = String(config["unique_id"]).slice(id.length + 1);
    const entry = await entryOf(key);
    if (entry?.disabled_by) continue;
    await assistant.waitFor(
      `${key} of ours`,
      entry?.entity_id ?? key,
      (state) => state !== undefined && !state.attributes["restored"],
    );
  }
  const complaints = readFileSync(log ?? "")
    .subarray(logStart)
    .toString()
    .split("\n");
  expect(complaints.filter((line) => /(WARNING|ERROR).*mqtt/.test(line))).toEqual([]);
});

// Moving over from ring-mqtt: its single discovery messages, in the shapes that it sends, give way to ours with the same ids.
import { expect, test } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { ringMqttDiscovery } from "../support/ring-mqtt-discovery.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

const isMigration = (text: string): boolean => text === '{"migrate_discovery":true}';

test("every entity of ring-mqtt gives way to the one with its unique id, once", async () => {
  const light = { led_status: "off", siren_status: { seconds_remaining: 0 } };
  const account = buildAccount({ devices: ["front-door"], changes: { "front-door": light } });
  await using home = await SimulatedHome.start({ accounts: [account] });
  const { observer } = home;
  const camera = home.camera("front-door");
  const old = ringMqttDiscovery(camera);
  for (const { topic, config } of old) await observer.publish(topic, JSON.stringify(config));
  await Promise.all(old.map(({ topic }) => observer.waitFor("ring-mqtt's message", topic)));

  const from = observer.position;
  const belfry = await home.startBelfry();
  const ours = await observer.waitFor("our discovery", `homeassistant/device/${camera.record.device_id}/config`, {
    from,
  });
  const place = observer.messages.indexOf(ours);
  const components = JSON.parse(ours.text).components as Record<string, Record<string, unknown>>;
  const emptied = old.map(({ topic }) =>
    observer.waitFor("the end of an old topic", topic, { payload: "", from: place }),
  );
  await Promise.all(emptied);

  const asked = observer.messages.slice(from, place).filter(({ text }) => isMigration(text));
  const oldTopics = old.map(({ topic }) => topic);
  expect(asked.map(({ topic }) => topic).toSorted()).toEqual(
    oldTopics.filter((topic) => !topic.endsWith("_siren/config")).toSorted(),
  );
  expect(asked.every(({ retain }) => !retain)).toBe(true);
  // Home Assistant needs a moment to unload them.
  expect(ours.at - Math.max(...asked.map(({ at }) => at))).toBeGreaterThan(300);

  for (const { topic, config } of old) {
    const key = String(config["unique_id"]).slice(camera.record.device_id.length + 1);
    const mine = components[key];
    expect(mine?.["unique_id"], key).toBe(config["unique_id"]);
    for (const option of ["state_topic", "command_topic", "topic"])
      if (config[option] !== undefined) expect(mine?.[option], `${key} ${option}`).toBe(config[option]);
    expect(mine?.["platform"], key).toBe(key === "siren" ? "siren" : topic.split("/")[1]);
  }
  const identifiers = (JSON.parse(ours.text) as { device: { identifiers: unknown } }).device.identifiers;
  expect(identifiers).toEqual([camera.record.device_id]);

  await belfry.stop();
  const later = observer.position;
  await home.startBelfry();
  await home.allAvailable({ from: later });
  const again = observer.messages.slice(later).filter(({ topic }) => oldTopics.includes(topic));
  expect(again).toEqual([]);
});

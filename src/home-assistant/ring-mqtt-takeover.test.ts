import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import { FakeBroker } from "../mqtt/message-broker.fake.ts";
import type { AnnouncedDevice } from "./announced-devices.ts";
import { bridgeDevice, everyPlatform, frontDoor, problemEntity, testOrigin } from "./discovery.fixtures.ts";
import { HomeAssistant } from "./home-assistant.ts";
import { Topics } from "./topics.ts";

function open(known: readonly AnnouncedDevice[] = []) {
  const clock = new ManualClock();
  const broker = new FakeBroker();
  broker.isConnected = true;
  let devices = known;
  const write = (list: readonly AnnouncedDevice[]): void => {
    devices = list;
  };
  const announced = { read: () => devices, write };
  const topics = new Topics({ discoveryPrefix: "ha" });
  const options = { broker, topics, origin: testOrigin, clock, logger: silentLogger, announced };
  const homeAssistant = HomeAssistant.open({ ...options, takesOverFromRingMqtt: true });
  homeAssistant.link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
  homeAssistant.link(frontDoor).describe(frontDoor, everyPlatform);
  const old = (component: string, key: string): string =>
    `ha/${component}/${frontDoor.locationId}/${frontDoor.id}_${key}/config`;
  return { clock, broker, homeAssistant, old, read: () => devices };
}

const isOld = ({ topic }: { topic: string }): boolean =>
  topic.includes(frontDoor.locationId) && topic.startsWith("ha/");

test("the entities that stay are asked to migrate, then ours come, then the old topics are emptied", async () => {
  const { clock, broker, old } = open();
  const asked = broker.published.filter(isOld);
  expect(asked.map(({ topic }) => topic)).toEqual([
    old("binary_sensor", "motion"),
    old("button", "take_snapshot"),
    old("camera", "snapshot"),
    old("light", "light"),
    old("number", "snapshot_interval"),
    old("select", "event_select"),
    old("sensor", "battery"),
    old("switch", "stream"),
  ]);
  for (const { payload, retain } of asked) expect([payload, retain]).toEqual(['{"migrate_discovery":true}', false]);
  expect(broker.published.some(({ topic }) => topic === `ha/device/${frontDoor.id}/config`)).toBe(false);

  broker.published.length = 0;
  await clock.advance(500);
  const [first, ...emptied] = broker.published.filter(({ topic }) => topic.startsWith("ha/"));
  expect(first?.topic).toBe(`ha/device/${frontDoor.id}/config`);
  expect(emptied).toHaveLength(18);
  expect(emptied.map(({ topic }) => topic)).toContain(old("switch", "siren"));
  for (const { payload, retain } of emptied) expect([payload, retain]).toEqual(["", true]);
});

test("that happens once: a camera that was announced before, and the bridge, are not taken over", async () => {
  const first = open();
  await first.clock.advance(2_000);
  await first.homeAssistant.close();
  const { broker } = open(first.read());
  expect(broker.published.filter(isOld)).toEqual([]);
  expect(broker.published.some(({ topic }) => topic === `ha/device/${frontDoor.id}/config`)).toBe(true);
});

test("a birth message in between announces nothing early", async () => {
  const { clock, broker, homeAssistant } = open();
  await clock.advance(100);
  homeAssistant.announceAll();
  expect(broker.published.some(({ topic }) => topic === `ha/device/${frontDoor.id}/config`)).toBe(false);
  await clock.advance(400);
  expect(broker.published.some(({ topic }) => topic === `ha/device/${frontDoor.id}/config`)).toBe(true);
});

test("a broker that goes in between: all is announced when it is back", async () => {
  const { clock, broker } = open();
  broker.isConnected = false;
  await clock.advance(1_000);
  broker.published.length = 0;
  broker.isConnected = true;
  broker.connected.emit(true);
  expect(broker.published.some(({ topic }) => topic === `ha/device/${frontDoor.id}/config`)).toBe(true);
});

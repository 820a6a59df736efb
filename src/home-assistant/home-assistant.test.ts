import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { FakeBroker } from "../mqtt/message-broker.fake.ts";
import { type AnnouncedDevice, parseAnnounced } from "./announced-devices.ts";
import { bridgeDevice, everyPlatform, frontDoor, problemEntity, testOrigin } from "./discovery.fixtures.ts";
import { validateDiscovery } from "./discovery-validator.ts";
import { HomeAssistant } from "./home-assistant.ts";
import { Topics } from "./topics.ts";

const topics = new Topics();
const at = "ring/3c55f5b0-77bf-4d3c-9a31-5a3f1c1f0b7e/camera/987654321";
const discovery = "homeassistant/device/987654321/config";
const [motion, , snapshot] = everyPlatform;
const light = { key: "light", platform: "light", topics: ["state", "command"], options: { name: "Light" } } as const;
if (!motion || !snapshot) throw new Error("the fixtures have changed");

function setUp(options: { announced?: AnnouncedDevice[]; isConnected?: boolean; random?: number; base?: string } = {}) {
  const broker = new FakeBroker();
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const saved = { devices: options.announced ?? [] };
  broker.isConnected = options.isConnected ?? true;
  const homeAssistant = HomeAssistant.open({
    broker,
    topics: options.base === undefined ? topics : new Topics({ base: options.base }),
    origin: testOrigin,
    clock,
    logger,
    announced: {
      read: () => parseAnnounced(JSON.parse(JSON.stringify(saved.devices))),
      write: (devices) => {
        saved.devices = [...devices];
      },
    },
    random: () => options.random ?? 0.5,
  });
  /** Published since the last call; discovery payloads only as their component keys. */
  const take = (): string[] =>
    broker.published.splice(0).map(({ topic, payload }) => {
      if (!topic.endsWith("/config") || payload === "") return `${topic}=${payload}`;
      expect(validateDiscovery(topic, payload)).toEqual([]);
      const { components }: { components: Record<string, object> } = JSON.parse(payload);
      const keys = Object.entries(components).map(([key, value]) =>
        Object.keys(value).length === 1 ? `-${key}` : key,
      );
      return `${topic}=${keys.join(",")}`;
    });
  return { broker, clock, lines, saved, homeAssistant, take };
}

test("a first description is announced at once, the next ones together after a second, equal ones never", async () => {
  const { homeAssistant, clock, take } = setUp();
  expect(take()).toEqual(["ring/bridge/status=online"]);
  const link = homeAssistant.link({ ...frontDoor, via: undefined });
  link.describe({ ...frontDoor, via: undefined }, [motion]);
  expect(take()).toEqual([`${discovery}=motion`]);
  link.describe({ ...frontDoor, via: undefined }, [motion, light]);
  link.describe({ ...frontDoor, via: undefined }, [motion, light, snapshot]);
  await clock.advance(900);
  expect(take()).toEqual([]);
  await clock.advance(100);
  expect(take()).toEqual([`${discovery}=motion,light,snapshot`]);
  await clock.advance(5_000);
  link.describe({ ...frontDoor, via: undefined }, structuredClone([motion, light, snapshot]));
  expect([clock.pending, take()]).toEqual([0, []]);
  expect(homeAssistant.link(frontDoor)).toBe(link);
});

test("a camera waits for the bridge that it names as its parent, but not for ever", async () => {
  const { homeAssistant, clock, take } = setUp();
  take();
  homeAssistant.link(frontDoor).describe(frontDoor, [motion]);
  homeAssistant.link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
  expect(take()).toEqual(["homeassistant/device/belfry_1a2b3c/config=problem"]);
  await clock.advance(1_000);
  expect(take()).toEqual([`${discovery}=motion`]);
});

test("states, attributes and availability are said when they change, images always, events never retained", () => {
  const { homeAssistant, broker, take } = setUp();
  take();
  const link = homeAssistant.link(frontDoor);
  link.publishState("light", "ON");
  link.publishState("light", "ON");
  link.publishState("light", "ON", { force: true });
  link.publishAttributes("stream", { viewers: 1 });
  link.publishAttributes("stream", { viewers: 1 });
  link.publishImage("snapshot", Buffer.from("jpeg"));
  link.publishImage("snapshot", Buffer.from("jpeg"));
  link.setAvailable(true);
  link.setAvailable(true);
  link.setAvailable(false, "offline at Ring");
  expect(broker.published.every(({ retain }) => retain)).toBe(true);
  expect(take()).toEqual([
    `${at}/light/state=ON`,
    `${at}/light/state=ON`,
    `${at}/stream/attributes={"viewers":1}`,
    `${at}/snapshot/image=jpeg`,
    `${at}/snapshot/image=jpeg`,
    `${at}/status/attributes={"reason":null}`,
    `${at}/status=online`,
    `${at}/status/attributes={"reason":"offline at Ring"}`,
    `${at}/status=offline`,
  ]);
  link.publishEvent("doorbell_event", '{"event_type":"ring"}');
  link.publishEvent("doorbell_event", '{"event_type":"ring"}');
  expect(broker.published).toEqual(
    Array(2).fill({ topic: `${at}/doorbell_event/state`, payload: '{"event_type":"ring"}', retain: false }),
  );
});

const everythingOnce = [
  "homeassistant/device/belfry_1a2b3c/config=problem",
  `${discovery}=motion,snapshot`,
  "ring/bridge/bridge/belfry_1a2b3c/problem/state=none",
  `${at}/motion/state=OFF`,
  `${at}/snapshot/image=jpeg`,
  `${at}/status/attributes={"reason":null}`,
  `${at}/status=online`,
  "ring/bridge/status=online",
];

/** The broker still has the pictures: sent again they would look new. */
const withoutPictures = everythingOnce.filter((message) => !message.includes("/image="));

const describeBoth = (homeAssistant: HomeAssistant): void => {
  const camera = homeAssistant.link(frontDoor);
  camera.describe(frontDoor, [motion, snapshot]);
  camera.publishState("motion", "ON");
  camera.publishImage("snapshot", Buffer.from("jpeg"));
  camera.publishEvent("doorbell_event", "{}");
  camera.setAvailable(true);
  camera.publishState("motion", "OFF");
  const bridge = homeAssistant.link(bridgeDevice);
  bridge.describe(bridgeDevice, [problemEntity]);
  bridge.publishState("problem", "none");
  bridge.setAvailable(true);
};

test("what happened without a broker is told at the connect: last values, and available last of all", async () => {
  const { homeAssistant, broker, clock, take } = setUp({ isConnected: false });
  describeBoth(homeAssistant);
  await clock.advance(5_000);
  expect(take().filter((message) => !message.includes("doorbell_event"))).toEqual([]);
  broker.come();
  expect(take().sort()).toEqual([...everythingOnce].sort());
  broker.go();
  broker.come();
  expect(take()).toEqual(everythingOnce);
});

test("several birth messages are answered once, after the drawn delay; stored ones and others not at all", async () => {
  const { homeAssistant, broker, clock, take } = setUp();
  describeBoth(homeAssistant);
  await clock.advance(5_000);
  take();
  broker.deliver("homeassistant/status", "online", true);
  broker.deliver("homeassistant/status", "offline");
  await clock.advance(5_000);
  expect(take()).toEqual([]);
  broker.deliver("homeassistant/status", "online");
  await clock.advance(500);
  broker.deliver("homeassistant/status", "online");
  expect(take()).toEqual([]);
  await clock.advance(500);
  expect(take().sort()).toEqual([...withoutPictures].sort());
  await clock.advance(10_000);
  expect(take()).toEqual([]);
  broker.deliver("homeassistant/status", "online");
  await clock.advance(2_000);
  expect(take()).toHaveLength(withoutPictures.length);
});

test("a connect while a birth message waits answers both", async () => {
  const { homeAssistant, broker, clock, take } = setUp();
  describeBoth(homeAssistant);
  await clock.advance(5_000);
  broker.deliver("homeassistant/status", "online");
  broker.go();
  broker.come();
  take();
  await clock.advance(5_000);
  expect(take()).toEqual([]);
});

test("commands reach their entity; retained and empty ones do not, unknown ones are named once", () => {
  const { homeAssistant, broker, lines } = setUp();
  const link = homeAssistant.link(frontDoor);
  const heard: string[] = [];
  const subscription = link.onCommand("light", (payload) => heard.push(payload));
  broker.deliver(`${at}/light/command`, "ON");
  broker.deliver(`${at}/light/command`, "OFF", true);
  broker.deliver(`${at}/light/command`, "");
  expect(heard).toEqual(["ON"]);
  expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("retained command") }]);
  lines.length = 0;
  subscription[Symbol.dispose]();
  broker.deliver(`${at}/light/command`, "ON");
  broker.deliver(`${at}/light/command`, "ON");
  broker.deliver("ring/other/camera/1/light/command", "ON");
  expect(heard).toEqual(["ON"]);
  expect(lines.filter(({ level }) => level === "warn").map(({ line }) => line)).toEqual([
    `a command came on ${at}/light/command, which belongs to no control of this device`,
    "a command came on ring/other/camera/1/light/command, which belongs to no device",
  ]);
});

test("a device that is renamed keeps its entity ids, also over a restart: Home Assistant keeps them, too", async () => {
  const renamed = { ...frontDoor, name: "Main Entrance" };
  const entityIds = (broker: FakeBroker): string[] =>
    broker.published
      .filter(({ topic, payload }) => topic === discovery && payload !== "")
      .map(({ payload }) => JSON.parse(payload))
      .map(({ device, components }) => `${device.name}: ${components.motion.default_entity_id}`);
  const first = setUp();
  describeBoth(first.homeAssistant);
  await first.clock.advance(5_000);
  first.homeAssistant.link(frontDoor).describe(renamed, [motion]);
  await first.clock.advance(5_000);
  expect([...new Set(entityIds(first.broker))]).toEqual([
    "Front Door: binary_sensor.front_door_motion",
    "Main Entrance: binary_sensor.front_door_motion",
  ]);
  expect(first.homeAssistant.entityId(renamed, "camera", "snapshot")).toBe("camera.front_door_snapshot");
  await first.homeAssistant.close();

  const second = setUp({ announced: first.saved.devices });
  describeBoth(second.homeAssistant);
  second.homeAssistant.link(renamed).describe(renamed, [motion]);
  await second.clock.advance(5_000);
  expect(entityIds(second.broker).at(-1)).toBe("Main Entrance: binary_sensor.front_door_motion");
  expect(second.homeAssistant.entityId(renamed, "camera", "snapshot")).toBe("camera.front_door_snapshot");
  // Whoever comes by the old name now is another device.
  const other = { ...frontDoor, id: "111222333" };
  expect(second.homeAssistant.entityId(other, "camera", "snapshot")).toBe("camera.front_door_2333_snapshot");
});

test("a removed device leaves first Home Assistant and then the broker, and can come back", async () => {
  const { homeAssistant, clock, saved, take } = setUp();
  describeBoth(homeAssistant);
  await clock.advance(5_000);
  expect(saved.devices.map(({ id }) => id).sort()).toEqual(["987654321", "belfry_1a2b3c"]);
  take();
  const link = homeAssistant.link(frontDoor);
  link.remove();
  link.publishState("motion", "ON");
  expect(take()).toEqual([`${discovery}=`]);
  await clock.advance(1_000);
  expect(take().sort()).toEqual(
    [`${at}/motion/state=`, `${at}/snapshot/image=`, `${at}/status/attributes=`, `${at}/status=`].sort(),
  );
  await clock.advance(1_000);
  expect(saved.devices.map(({ id }) => id)).toEqual(["belfry_1a2b3c"]);
  homeAssistant.link(frontDoor).describe(frontDoor, [motion]);
  expect(take()).toEqual([`${discovery}=motion`]);
});

const oldCamera: AnnouncedDevice = {
  id: "111",
  name: "Shed",
  slug: "shed",
  discoveryTopic: "homeassistant/device/111/config",
  components: { motion: "binary_sensor" },
  topics: ["ring/loc/camera/111/motion/state"],
};

test("what an earlier run told of a camera that is not there yet is not shown as true", async () => {
  const place = "ring/loc/camera/111";
  const topicsBefore = ["motion/state", "status/attributes", "status"].map((topic) => `${place}/${topic}`);
  const announced = [{ ...oldCamera, topics: topicsBefore }];
  const { homeAssistant, broker, take } = setUp({ announced, isConnected: false });
  broker.come();
  const reason = "Ring has not shown this camera since Belfry started";
  expect(take()).toEqual([
    `${place}/status/attributes={"reason":"${reason}"}`,
    `${place}/status=offline`,
    "ring/bridge/status=online",
  ]);
  const shed = { ...frontDoor, id: "111", locationId: "loc", name: "Shed", via: undefined };
  const link = homeAssistant.link(shed);
  link.describe(shed, [motion]);
  link.publishState("motion", "OFF");
  link.setAvailable(true);
  expect(take().slice(-3)).toEqual([
    `${place}/motion/state=OFF`,
    `${place}/status/attributes={"reason":null}`,
    `${place}/status=online`,
  ]);
  broker.deliver("homeassistant/status", "online");
  expect(take()).toEqual([]);
});

test("a device that vanished while we were away is removed when the broker is there", async () => {
  const { homeAssistant, broker, clock, saved, take } = setUp({ announced: [oldCamera], isConnected: false });
  homeAssistant.link(frontDoor).describe(frontDoor, [motion]);
  homeAssistant.removeUnlinked();
  expect(take()).toEqual([]);
  broker.come();
  expect(take()).toEqual([`${discovery}=motion`, "ring/bridge/status=online", "homeassistant/device/111/config="]);
  await clock.advance(1_000);
  expect(take()).toEqual(["ring/loc/camera/111/motion/state="]);
  await clock.advance(1_000);
  expect(saved.devices.map(({ id }) => id)).toEqual(["987654321"]);
});

test("a device that is back before its removal is complete stays", async () => {
  const { homeAssistant, clock, take } = setUp({ announced: [oldCamera] });
  homeAssistant.removeUnlinked();
  const shed = { ...frontDoor, id: "111", locationId: "loc", name: "Shed" };
  homeAssistant.link(shed).describe({ ...shed, via: undefined }, [motion]);
  await clock.advance(5_000);
  expect(take()).toEqual([
    "ring/bridge/status=online",
    "homeassistant/device/111/config=",
    "homeassistant/device/111/config=motion",
  ]);
});

test("a component that is gone is taken back once, then left out, and its topics are emptied", async () => {
  const announced = { ...oldCamera, components: { motion: "binary_sensor", siren: "switch", old: "sensor" } };
  const device = { ...frontDoor, id: "111", locationId: "loc", name: "Shed", via: undefined };
  const topicsBefore = ["motion/state", "siren/state", "old/state"].map((topic) => `ring/loc/camera/111/${topic}`);
  const { homeAssistant, clock, saved, take } = setUp({ announced: [{ ...announced, topics: topicsBefore }] });
  take();
  const siren = { key: "siren", platform: "siren", topics: ["state", "command"], options: { name: "Siren" } } as const;
  homeAssistant.link(device).describe(device, [motion, siren]);
  expect(take()).toEqual(["homeassistant/device/111/config=motion,-siren,-old"]);
  await clock.advance(1_000);
  expect(take()).toEqual(["ring/loc/camera/111/old/state=", "homeassistant/device/111/config=motion,siren"]);
  await clock.advance(5_000);
  expect(take()).toEqual([]);
  expect(saved.devices).toMatchObject([
    { components: { motion: "binary_sensor", siren: "siren" }, topics: topicsBefore.slice(0, 2) },
  ]);
});

test("an entity that is back before its topics are emptied keeps its state; one that goes meanwhile leaves nothing", async () => {
  const { homeAssistant, clock, take } = setUp();
  const device = { ...frontDoor, via: undefined };
  const link = homeAssistant.link(device);
  const say = (...keys: string[]): void => {
    link.describe(
      device,
      [motion, ...keys.map((key) => ({ ...light, key }))].filter(({ key }) => key === motion.key || keys.includes(key)),
    );
    for (const key of keys) link.publishState(key, "ON");
  };
  say("light", "lamp");
  await clock.advance(1_000);
  say("lamp");
  await clock.advance(1_000);
  take();
  say("light");
  await clock.advance(3_000);
  expect(take()).toEqual([
    `${at}/light/state=ON`,
    `${discovery}=motion,light,-lamp`,
    `${at}/lamp/state=`,
    `${discovery}=motion,light`,
  ]);
});

test("another base topic: what lies under the old one is removed", async () => {
  const device = { ...frontDoor, id: "111", locationId: "loc", name: "Shed", via: undefined };
  const { homeAssistant, clock, take } = setUp({ announced: [oldCamera], base: "doorbells" });
  const link = homeAssistant.link(device);
  link.publishState("motion", "OFF");
  link.describe(device, [motion]);
  await clock.advance(1_000);
  expect(take()).toEqual([
    "doorbells/bridge/status=online",
    "doorbells/loc/camera/111/motion/state=OFF",
    "homeassistant/device/111/config=motion",
    "ring/loc/camera/111/motion/state=",
  ]);
});

test("what is to be emptied while the broker is away is emptied when it is back, be it in another run", async () => {
  const place = "ring/loc/camera/111";
  const device = { ...frontDoor, id: "111", locationId: "loc", name: "Shed", via: undefined };
  const before = {
    ...oldCamera,
    discoveryTopic: "old/device/111/config",
    components: { motion: "binary_sensor", old: "sensor" },
    topics: [`${place}/motion/state`, `${place}/old/state`],
  };
  const first = setUp({ announced: [before] });
  first.homeAssistant.link(device).describe(device, [motion]);
  first.broker.go();
  await first.clock.advance(5_000);
  first.take();
  first.broker.come();
  const replayed = ["homeassistant/device/111/config=motion", "ring/bridge/status=online"];
  expect(first.take()).toEqual(replayed);
  const { devices } = structuredClone(first.saved);
  const emptied = ["old/device/111/config=", `${place}/old/state=`];
  await first.clock.advance(1_000);
  expect(first.take()).toEqual(emptied);
  await first.clock.advance(1_000);
  expect(first.saved.devices).toMatchObject([{ topics: [`${place}/motion/state`] }]);
  first.broker.deliver("homeassistant/status", "online");
  await first.clock.advance(5_000);
  expect(first.take()).toEqual(replayed);

  const second = setUp({ announced: devices });
  second.take();
  second.homeAssistant.link(device).describe(device, [motion]);
  await second.clock.advance(1_000);
  expect(second.take()).toEqual(["homeassistant/device/111/config=motion", ...emptied]);
});

test("a discovery prefix that comes back before the other one's message is emptied keeps its message", async () => {
  const device = { ...frontDoor, id: "111", locationId: "loc", name: "Shed", via: undefined };
  const { discoveryTopic } = oldCamera;
  const there = { ...oldCamera, discoveryTopic: "other/device/111/config", topics: [discoveryTopic] };
  const { homeAssistant, clock, take } = setUp({ announced: [there] });
  take();
  homeAssistant.link(device).describe(device, [motion]);
  await clock.advance(5_000);
  expect(take()).toEqual([`${discoveryTopic}=motion`, "other/device/111/config="]);
});

test("a device that moves to another location is told again there", async () => {
  const { homeAssistant, clock, take } = setUp();
  const device = { ...frontDoor, via: undefined };
  const link = homeAssistant.link(device);
  link.describe(device, [motion]);
  link.publishState("motion", "OFF");
  take();
  link.describe({ ...device, locationId: "new" }, [motion]);
  expect(take()).toEqual(["ring/new/camera/987654321/motion/state=OFF"]);
  await clock.advance(2_000);
  expect(take()).toEqual([`${discovery}=motion`, `${at}/motion/state=`]);
});

test("devices with equal names have different entity ids, the same ones after a restart", async () => {
  const first = setUp();
  const describe = ({ homeAssistant }: typeof first, id: string): void => {
    const device = { ...frontDoor, id, via: undefined };
    homeAssistant.link(device).describe(device, [motion]);
  };
  const entityIds = ({ broker }: typeof first): string[] =>
    broker.published
      .map(({ payload }) => /"default_entity_id":"([^"]+)"/.exec(payload)?.[1])
      .filter((found) => found !== undefined);
  describe(first, "11112222");
  describe(first, "33334444");
  const before = entityIds(first);
  expect(before).toEqual(["binary_sensor.front_door_motion", "binary_sensor.front_door_4444_motion"]);
  await first.clock.advance(1_000);
  const second = setUp({ announced: first.saved.devices });
  describe(second, "33334444");
  describe(second, "11112222");
  expect(entityIds(second)).toEqual(before.toReversed());
});

test("another program's late last will is contradicted, our own farewell is not", async () => {
  const { homeAssistant, broker, saved, take } = setUp();
  const link = homeAssistant.link(frontDoor);
  link.describe({ ...frontDoor, via: undefined }, [motion]);
  link.setAvailable(true);
  take();
  broker.deliver("ring/bridge/status", "offline", true);
  expect(take()).toEqual([]);
  broker.deliver("ring/bridge/status", "offline");
  expect(take()).toEqual(["ring/bridge/status=online"]);
  await homeAssistant.close();
  await homeAssistant.close();
  expect(take()).toEqual([
    `${at}/status/attributes={"reason":"Belfry does not run"}`,
    `${at}/status=offline`,
    "ring/bridge/status=offline",
  ]);
  broker.deliver("ring/bridge/status", "offline");
  broker.deliver("homeassistant/status", "online");
  expect(take()).toEqual([]);
  // What was not saved yet is saved at the end.
  expect(saved.devices.map(({ id }) => id)).toEqual(["987654321"]);
});

test("a list that cannot be saved costs a warning, not the announcement", async () => {
  const { logger, lines } = recordingLogger();
  const clock = new ManualClock();
  const broker = new FakeBroker();
  broker.isConnected = true;
  const write = (): never => {
    throw new Error("the disk is full");
  };
  const options = { broker, topics, origin: testOrigin, clock, logger, announced: { read: () => [], write } };
  HomeAssistant.open(options).link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
  await clock.advance(1_000);
  expect(broker.published).toHaveLength(2);
  const owners = lines.filter(({ level }) => level !== "debug");
  expect(owners).toMatchObject([{ level: "warn", line: expect.stringContaining("the disk is full") }]);
});

test("whoever reads debug lines hears what Home Assistant would say of a discovery message", async () => {
  const { logger, lines } = recordingLogger();
  const clock = new ManualClock();
  const broker = new FakeBroker();
  broker.isConnected = true;
  const announced = { read: () => [], write: () => undefined };
  const bridge = HomeAssistant.open({ broker, topics, origin: testOrigin, clock, logger, announced }).link(
    bridgeDevice,
  );
  bridge.describe(bridgeDevice, [problemEntity]);
  bridge.describe(bridgeDevice, [{ ...problemEntity, options: { device_class: "mood", colour: "red" } }]);
  await clock.advance(1_000);
  expect(lines.map(({ line }) => line)).toEqual([
    "homeassistant/device/belfry_1a2b3c/config is valid",
    expect.stringMatching(/is not valid: .*colour.*mood/),
  ]);
});

test("a stored list is read with care", () => {
  expect(parseAnnounced(undefined)).toEqual([]);
  expect(parseAnnounced([oldCamera, { id: 5 }, null, { ...oldCamera, topics: [1] }])).toEqual([oldCamera]);
});

// The whole app, with every camera there is, against a real Home Assistant (HOME_ASSISTANT_URL, HOME_ASSISTANT_TOKEN,
// HOME_ASSISTANT_LOG). With HOME_ASSISTANT_RESTART, a shell command that restarts it, Home Assistant itself is restarted, too.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EntityState } from "../../support/home-assistant-client.ts";
import { bridgeId, CameraHouse, isAvailable, limitMs } from "./camera-house.fixtures.ts";
import { exercise } from "./exercise.fixtures.ts";

const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token, HOME_ASSISTANT_LOG: log } = process.env;
const restartCommand = process.env["HOME_ASSISTANT_RESTART"] || undefined;
const isHere = Boolean(url && token && log);

let house: CameraHouse;

beforeAll(async () => {
  if (url && token && log) house = await CameraHouse.start({ url, token, log });
}, 300_000);

afterAll(async () => {
  expect(house?.home.cloud.journal.violations ?? []).toEqual([]);
  await house?.[Symbol.asyncDispose]();
});

test.runIf(isHere)(
  "every entity of every camera is there: platform, id, name, category, device, enabled or not",
  async () => {
    const known = await house.registered();
    const devices = await house.assistant.devices();
    const idOf = (identifier: string | undefined): string | null =>
      devices.find(({ identifiers }) => identifiers.some(([, id]) => id === identifier))?.id ?? null;
    const wrong: string[] = [];
    const compare = (what: string, seen: unknown, told: unknown): void => {
      if ((seen ?? undefined) !== (told ?? undefined)) wrong.push(`${what} is ${seen}, told ${told}`);
    };
    for (const { device, components } of house.announced) {
      const owner = devices.find(({ id }) => id === idOf(device.identifiers[0]));
      for (const fact of ["name", "manufacturer", "model", "sw_version"] as const)
        compare(`${fact} of ${device.name}`, owner?.[fact], device[fact]);
      compare(`parent of ${device.name}`, owner?.via_device_id, device.via_device && idOf(device.via_device));
      for (const part of Object.values(components)) {
        const entry = known.get(part.unique_id);
        const id = part.default_entity_id;
        compare("entity id", entry?.entity_id, id);
        compare(`platform of ${id}`, entry?.entity_id.split(".")[0], part.platform);
        compare(`name of ${id}`, entry?.original_name, part.name);
        compare(`category of ${id}`, entry?.entity_category, part.entity_category);
        compare(`device of ${id}`, entry?.device_id, owner?.id);
        compare(`whether ${id} is enabled`, entry?.disabled_by === null, part.enabled_by_default ?? true);
      }
    }
    expect(wrong).toEqual([]);
  },
);

test.runIf(isHere)(
  "every entity, also those that are disabled at first, shows what was told: value, options, attributes",
  async () => {
    await house.enableAll();
    for (const { device, components } of house.announced) {
      for (const { default_entity_id: id, name } of Object.values(components))
        expect(house.assistant.state(id)?.attributes["friendly_name"]).toBe(`${device.name} ${name}`);
    }
  },
  300_000,
);

test.runIf(isHere)(
  "every control, on one camera that has it, reaches the cloud by service call and comes back as state",
  async () => {
    const failed: string[] = [];
    const controls = house.controls.filter(({ key }) => key !== "restart");
    for (const control of controls)
      await exercise(house, control).catch((error: Error) => failed.push(`${control.key}: ${error.message}`));
    expect(failed).toEqual([]);
    const platforms = new Set(controls.map(({ component }) => component.platform));
    expect([...platforms].sort()).toEqual(["button", "light", "number", "select", "siren", "switch"]);
    expect(controls.length).toBeGreaterThan(30);
  },
  300_000,
);

test.runIf(isHere)("two presses within the hold fire the doorbell event twice", async () => {
  const id = house.entity("front-door", "doorbell_event", "event");
  const fired: string[] = [];
  using _subscription = house.assistant.onState((state, changed) => {
    if (changed === id && state && isAvailable(state)) fired.push(state.state);
  });
  for (const count of [1, 2]) {
    house.home.cloud.pressDoorbell("front-door");
    await house.assistant.waitFor(`event ${count}`, id, () => new Set(fired).size >= count);
  }
  expect(new Set(fired).size).toBe(2);
  const ding = house.entity("front-door", "ding", "binary_sensor");
  await house.assistant.waitFor("ding", ding, (state) => state?.state === "on");
});

test.runIf(isHere)(
  "snapshot and picture of the last event come out of Home Assistant as they were published",
  async () => {
    const { assistant, home } = house;
    const topic = (key: string): string => home.topic(home.camera("driveway"), key, "image");
    const snapshot = house.entity("driveway", "snapshot", "camera");
    const picture = house.entity("driveway", "last_event_image", "image");
    const before = assistant.state(picture)?.state;
    const from = home.observer.position;
    await home.cloud.causeMotion("driveway", "human");
    const published = await home.observer.waitFor("the picture of the event", topic("last_event_image"), { from });
    await assistant.waitFor("a new picture", picture, (state) => state !== undefined && state.state !== before);
    expect((await assistant.bytes(`image_proxy/${picture}`)).equals(published.payload)).toBe(true);
    const shown = await assistant.bytes(`camera_proxy/${snapshot}`);
    const same = home.observer.messages.filter(
      (seen) => seen.topic === topic("snapshot") && seen.payload.equals(shown),
    );
    expect(same.length).toBeGreaterThan(0);
    for (const jpeg of [shown, published.payload]) expect(jpeg.subarray(0, 3).toString("hex")).toBe("ffd8ff");
  },
);

test.runIf(isHere)(
  restartCommand === undefined
    ? "after a reload of MQTT in Home Assistant (no HOME_ASSISTANT_RESTART) everything is there and true again"
    : "after a restart of Home Assistant everything is there and true again",
  async () => {
    const { observer } = house.home;
    const from = observer.position;
    await house.restartAssistant(restartCommand);
    await house.allTrue();
    // It says so when it has heard of all entities; a broker that is gone by then makes an error in its log.
    await observer.waitFor("its birth", "homeassistant/status", { from, payload: "online", timeoutMs: limitMs });
  },
  300_000,
);

/** So that the Belfry that runs now has them to say again. */
async function tellEvents(): Promise<void> {
  const { home } = house;
  const from = home.observer.position;
  await home.cloud.pressDoorbell("front-door");
  await home.cloud.causeMotion("driveway", "human");
  for (const slug of ["front-door", "driveway"])
    await home.observer.waitFor(`the picture of ${slug}`, home.topic(home.camera(slug), "last_event_image", "image"), {
      from,
      timeoutMs: limitMs,
    });
}

test.runIf(isHere)(
  "Belfry killed, ended by its button, the broker restarted: states follow, and are true again",
  async () => {
    await house.belfry.kill9();
    await house.allUnavailable();
    house.home.cloud.operations.switchLight("driveway", true);
    house.belfry = await house.home.startBelfry();
    const isOn = (state: EntityState | undefined): boolean => state?.state === "on";
    await house.assistant.waitFor("the light", house.entity("driveway", "light", "light"), isOn, limitMs);
    await house.allTrue();

    await tellEvents();
    await house.allTrue();
    await house.broker.kill();
    await house.allUnavailable();
    await house.broker.run();
    await house.allTrue();

    await house.assistant.call("button", "press", { entity_id: "button.belfry_restart" });
    expect(await house.belfry.exited).toMatchObject({ signal: null });
    await house.allUnavailable();
    house.belfry = await house.home.startBelfry();
    await house.allTrue();
  },
  600_000,
);

test.runIf(isHere)(
  "a camera that leaves the account leaves Home Assistant",
  async () => {
    const { device_id: leaving } = house.home.camera("living-room").record;
    house.home.cloud.operations.removeDevice("living-room");
    // By itself Belfry believes it after some minutes.
    await house.assistant.call("button", "press", { entity_id: "button.belfry_rediscover" });
    const id = house.entity("living-room", "motion", "binary_sensor");
    await house.assistant.waitFor("end", id, (state) => state === undefined, 90_000);
    const left = [...(await house.registered()).keys()].filter((unique) => unique.startsWith(leaving));
    const devices = (await house.assistant.devices()).flatMap(({ identifiers }) => identifiers.map(([, one]) => one));
    expect([left, devices.includes(leaving), devices.includes(bridgeId)]).toEqual([[], false, true]);
  },
  300_000,
);

/** What Home Assistant says of the broker that we have stopped, and of itself while it loads more than a thousand entities. */
const expectedComplaints = [
  /mqtt\.client\] Error returned from MQTT server: The connection was lost\.$/,
  /HomeAssistantError: Error talking to MQTT: The client is not currently connected\.$/,
  /mqtt\.client\] No ACK from MQTT server in 10 seconds \(mid: \d+\)$/,
  /helpers\.entity\] Updating state for \S+ .* took \d+\.\d+ seconds/,
];

test.runIf(isHere)("after all that Home Assistant's log has nothing of MQTT at warning or above", () => {
  expect(house.complaints.filter((line) => !expectedComplaints.some((known) => known.test(line)))).toEqual([]);
});

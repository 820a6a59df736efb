// How cameras are, and what Belfry itself is worth, as the entities of cameras and bridge tell it.
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import { mergeInto } from "../../simulator/json.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

const bridge = (key: string, what = "state"): string => `ring/bridge/bridge/belfry_bridge/${key}/${what}`;
const discoveryOf = (deviceId: string): string => `homeassistant/device/${deviceId}/config`;

/** What Home Assistant is told of a device: its components by key. */
function components(home: SimulatedHome, slug: string): Record<string, Record<string, unknown>> {
  const payload = home.observer.latest(discoveryOf(home.camera(slug).record.device_id))?.text ?? "{}";
  return (JSON.parse(payload) as { components: Record<string, Record<string, unknown>> }).components;
}

test("health comes from the record, from the health page where the record has none, and from nowhere else", async () => {
  const bare = recordLike("driveway", { id: 48_151_900, device_id: "54e019aa0900", description: "Old Porch" });
  Reflect.deleteProperty(bare, "health");
  const spotlight = recordLike("back-garden", { id: 48_151_901, device_id: "54e019aa0901", description: "Carport" });
  const account = buildAccount({
    devices: ["front-door", "side-passage"],
    added: [
      ["stickup_cams", bare],
      ["stickup_cams", spotlight],
    ],
  });
  await using home = await SimulatedHome.start({ accounts: [account] });
  await home.startBelfry();
  await home.allAvailable();
  const { observer, cloud } = home;
  const info = (slug: string): string => home.topic(home.camera(slug), "info", "state");
  await observer.waitFor("the health page", info("old-porch"), { payload: /"wirelessSignal":-55/ });
  const asked = cloud.journal
    .entries({ kind: "http.answered" })
    .filter(({ details }) => /health$/.test(`${details["path"]}`));
  expect(asked.map(({ details }) => details["path"])).toEqual([`/clients_api/doorbots/${bare.id}/health`]);

  expect(components(home, "front-door")).toMatchObject({
    wireless: { enabled_by_default: false, state_topic: info("front-door") },
    battery: { state_topic: info("front-door") },
  });
  expect(components(home, "side-passage")).not.toHaveProperty("wireless");
  expect(components(home, "side-passage")).not.toHaveProperty("battery");
  expect(JSON.parse(observer.latest(info("side-passage"))?.text ?? "")).toMatchObject({ wiredNetwork: "online" });
  const carport = home.camera("carport");
  const [first, second] = ["battery_1", "battery_2"].map((key) => observer.latest(home.topic(carport, key, "state")));
  expect([first?.text, second?.text]).toEqual([carport.record["battery_life"], carport.record["battery_life_2"]]);
  const from = observer.position;
  cloud.operations.setBattery("carport", 12, 2);
  await observer.publish(bridge("rediscover", "command"), "PRESS");
  await observer.waitFor("bay 2", home.topic(carport, "battery_2", "state"), {
    payload: "12",
    from,
    timeoutMs: 25_000,
  });
  await observer.waitFor("info", info("carport"), { payload: /"batteryLevel":12,.*"batteryLife2":12/, from });
  expect(cloud.journal.violations).toEqual([]);
});

test("what happened before Belfry came is known from Ring's history, and fires nothing", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  const { at, eventId } = await home.cloud.operations.causeMotion("driveway", "human", 3_000);
  const camera = home.camera("driveway");
  await home.startBelfry();
  await home.observer.waitFor("the last activity", home.topic(camera, "last_activity", "state"), {
    payload: new Date(at).toISOString(),
    timeoutMs: 40_000,
  });
  const motion = JSON.parse(home.observer.latest(home.topic(camera, "motion", "attributes"))?.text ?? "");
  expect(motion).toMatchObject({ lastMotion: Math.floor(at / 1000), personDetected: true, eventId });
  expect(home.observer.latest(home.topic(camera, "motion", "state"))?.text).toBe("OFF");
  expect(home.observer.latest(home.topic(camera, "motion_event", "state"))).toBeUndefined();
  expect(home.cloud.journal.violations).toEqual([]);
});

test("an odd time in the record of one camera costs that time, and no other camera", async () => {
  const changes = { driveway: { health: { last_update_time: 1.8e15 } } };
  const account = buildAccount({ devices: ["driveway", "front-door"], changes });
  await using home = await SimulatedHome.start({ accounts: [account] });
  await home.startBelfry();
  await home.allAvailable();
  const info = await home.observer.waitFor("info", home.topic(home.camera("driveway"), "info", "state"));
  expect(JSON.parse(info.text)).not.toHaveProperty("lastUpdate");
});

test("an offline camera says so itself, with the reason, while everything else of it is unavailable", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  await home.startBelfry();
  await home.allAvailable();
  const camera = home.camera("driveway");
  const bridgeStatus = { topic: "ring/bridge/status" };
  const { availability } = JSON.parse(home.observer.latest(discoveryOf(camera.record.device_id))?.text ?? "");
  expect(availability).toEqual([bridgeStatus, { topic: `${home.deviceTopic(camera)}/status` }]);
  const status = `${home.deviceTopic(camera)}/status`;
  expect(components(home, "driveway")["connection"]).toMatchObject({
    availability: [bridgeStatus],
    state_topic: status,
    json_attributes_topic: `${status}/attributes`,
  });
  home.cloud.operations.setOnline("driveway", false);
  await home.observer.publish(bridge("rediscover", "command"), "PRESS");
  const from = home.observer.position;
  await home.observer.waitFor("status", status, { payload: "offline", from });
  expect(home.observer.latest(`${status}/attributes`)?.text).toMatch(/Ring says that the camera is offline/);
});

test("what only the settings page shows is there from the first moment of the next start", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  const camera = home.camera("driveway");
  mergeInto(camera.extraSettings, { motion_settings: { enable_ir_led: true } });
  const belfry = await home.startBelfry();
  const topic = home.topic(camera, "infrared_light", "state");
  await home.observer.waitFor("the settings page", topic, { payload: "ON", timeoutMs: 30_000 });
  await belfry.stop();
  const path = `/devices/v1/devices/${camera.id}/settings$`;
  home.cloud.operations.failNextRequests({ path, method: "GET", times: 5, status: 503 });
  const from = home.observer.position;
  await home.startBelfry();
  const discovery = discoveryOf(camera.record.device_id);
  const first = await home.observer.waitFor("discovery", discovery, { from, timeoutMs: 30_000 });
  expect(JSON.parse(first.text).components).toHaveProperty("infrared_light");
});

test("the bridge tells of sign-in, events and problems", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["front-door"] })] });
  await home.startBelfry();
  await home.allAvailable();
  const { observer, cloud } = home;
  await observer.waitFor("sign-in", bridge("sign_in"), { payload: "signed-in" });
  await observer.waitFor("events", bridge("push"), { payload: "ON" });
  await observer.waitFor("no problem", bridge("problem"), { payload: "none" });
  await observer.waitFor("no need to sign in", bridge("sign_in_needed"), { payload: "OFF" });
  const contact = await observer.waitFor("contact", bridge("last_contact"));
  expect(Math.abs(Date.parse(contact.text) - contact.at)).toBeLessThan(5_000);
  await cloud.pressDoorbell("front-door");
  await observer.waitFor("the push", bridge("last_push"));

  cloud.operations.revokeRefreshTokens();
  cloud.operations.expireAccessTokens();
  const patience = { timeoutMs: 50_000 };
  await observer.waitFor("the need to sign in", bridge("sign_in_needed"), { payload: "ON", ...patience });
  await observer.waitFor("the refusal", bridge("sign_in"), { payload: "refused", ...patience });
  const problem = await observer.waitFor("the problem", bridge("problem"), { payload: /sign in/i, ...patience });
  expect(problem.text.length).toBeLessThanOrEqual(255);
  const status = `${home.deviceTopic(home.camera("front-door"))}/status`;
  await observer.waitFor("the camera being unavailable", status, { payload: "offline" });
  expect(observer.latest(`${status}/attributes`)?.text).toMatch(/sign in again/);
});

test("rediscovery asks Ring for everything and tells Home Assistant everything again", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  await home.startBelfry();
  await home.allAvailable();
  const { observer, cloud } = home;
  const camera = home.camera("driveway");
  await observer.waitFor("the settings page", home.topic(camera, "hevc", "state"));
  const pageOf = (after: number) =>
    cloud.journal.waitFor(
      "the settings page",
      ({ details }) => details["path"] === `/devices/v1/devices/${camera.id}/settings`,
      {
        after,
      },
    );
  await pageOf(0);
  const [from, after] = [observer.position, cloud.journal.entries().at(-1)?.sequence ?? 0];
  await observer.publish(bridge("rediscover", "command"), "PRESS");
  await observer.waitFor("discovery", discoveryOf(camera.record.device_id), { from });
  await observer.waitFor("status", `${home.deviceTopic(camera)}/status`, { payload: "online", from });
  await observer.waitFor("a state", home.topic(camera, "light", "state"), { from });
  await cloud.journal.waitFor("the device list", ({ details }) => details["path"] === "/clients_api/ring_devices", {
    after,
  });
  await pageOf(after);
});

test("the restart button ends Belfry in order, with the exit code that has it started again", async () => {
  await using home = await SimulatedHome.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
  const belfry = await home.startBelfry();
  await home.allAvailable();
  await home.observer.publish(bridge("restart", "command"), "PRESS");
  expect(await belfry.exited).toEqual({ code: 75, signal: null });
  expect(home.observer.latest("ring/bridge/status")?.text).toBe("offline");
});
